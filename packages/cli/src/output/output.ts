import { escapeUnsafe } from '@pulsekeeper/model';

import { displayWidth } from './display-width.ts';
import { choosePalette, type Paint, type Palette } from './palette.ts';
import { Progress, type ProgressOptions } from './progress.ts';
import { renderTable, type Column } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** A terminal that is narrower than this wraps by itself. */
const MIN_PARAGRAPH_WIDTH = 20;

/** Some 100 KB of targets. */
const ITEMS_A_PART = 256;

/** A stream that text goes to, as the process gives them; a test gives its own. */
export interface TextSink {
  /** `false` asks to wait for `drain` before more is written, where that is told. */
  write(text: string): unknown;
  once?(event: 'drain', listener: () => void): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Where a command's output goes and how it may look. */
export interface OutputOptions {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isJson: boolean;
  readonly isColourWanted: boolean;
}

/**
 * The output of one command: answers on standard output, remarks on standard error.
 *
 * With `--json` standard output holds exactly one JSON document, or one a line for what is live.
 */
export class Output {
  readonly isJson: boolean;
  readonly palette: Palette;
  readonly #options: OutputOptions;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.isJson = options.isJson;
    this.palette = choosePalette({
      isTerminal: this.isTerminal,
      env: options.env,
      isColourWanted: options.isColourWanted,
    });
  }

  /** Whether standard output is a terminal. */
  get isTerminal(): boolean {
    return this.#options.stdout.isTTY === true;
  }

  /** The columns of the terminal, read anew each time since windows are resized; `undefined` for a file or a pipe. */
  get width(): number | undefined {
    return this.isTerminal ? (this.#options.stdout.columns ?? 80) : undefined;
  }

  /** Standard error, for what asks questions there. */
  get errors(): TextSink {
    return this.#options.stderr;
  }

  /** The lines of a terminal that can be drawn on; `undefined` for a file, a pipe, or `TERM=dumb`. */
  get height(): number | undefined {
    return this.isTerminal && !this.#isDumb ? (this.#options.stdout.rows ?? 24) : undefined;
  }

  /** A progress bar on standard error, where that is a terminal that can be drawn on. */
  progress(options: ProgressOptions): Progress {
    const { stderr } = this.#options;
    return new Progress(this.#isDumb ? { write: (text) => stderr.write(text) } : stderr, options);
  }

  get #isDumb(): boolean {
    return this.#options.env['TERM'] === 'dumb';
  }

  /** An output of the same looks whose text is kept instead of written: `text` gives it. */
  buffered(): { readonly output: Output; readonly text: () => string } {
    const chunks: string[] = [];
    const stdout = { isTTY: this.isTerminal, columns: this.width, write: (chunk: string) => chunks.push(chunk) };
    return { output: new Output({ ...this.#options, stdout }), text: () => chunks.join('') };
  }

  /** Writes a text to standard output as it is: whoever calls has escaped what is not ours. */
  print(text: string): void {
    this.#options.stdout.write(text);
  }

  /** As {@link Output.print}, and ends the line. */
  printLine(text = ''): void {
    this.print(`${text}\n`);
  }

  /**
   * Prints a text of any length below or beside a label: on a terminal it is wrapped at blanks and goes on below itself,
   * elsewhere it is one line. Control characters are escaped.
   */
  printParagraph(label: string, text: string, paint: Paint = (line) => line): void {
    const width = Math.max(MIN_PARAGRAPH_WIDTH, (this.width ?? Number.POSITIVE_INFINITY) - displayWidth(label));
    for (const [index, line] of wrapText(escapeUnsafe(text), width).entries()) {
      const margin = index === 0 ? this.palette.bold(label) : ' '.repeat(displayWidth(label));
      this.printLine(`${margin}${paint(line)}`);
    }
  }

  /** Prints a table, cut to the width of a terminal and whole elsewhere. Control characters of cells are escaped. */
  printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    this.print(renderTable(columns, rows, { width: this.width, palette: this.palette }));
  }

  /** Writes one JSON document: indented for people at a terminal, on one line for programs. */
  printJson(value: unknown): void {
    this.printLine(JSON.stringify(value, undefined, this.isTerminal ? 2 : undefined));
  }

  /**
   * As {@link Output.printJson} of an array, which is never held as a whole: neither its items nor their text. Waits where the
   * reader is slower. The items must be at hand: when making one throws, half an array has been written.
   */
  async printJsonList(items: Iterable<unknown>): Promise<void> {
    const [indent, begin, separator, end] = this.isTerminal ? ([2, '[\n', ',\n', '\n]'] as const) : [0, '[', ',', ']'];
    let lead = begin;
    for (const part of partsOf(items, ITEMS_A_PART)) {
      const text = JSON.stringify(part, undefined, indent);
      await this.#printAndDrain(lead + text.slice(begin.length, -end.length));
      lead = separator;
    }
    this.printLine(lead === begin ? '[]' : end);
  }

  async #printAndDrain(text: string): Promise<void> {
    const { stdout } = this.#options;
    if (stdout.write(text) === false && stdout.once !== undefined) {
      await new Promise<void>((resolve) => stdout.once?.('drain', resolve));
    }
  }

  /** Writes a remark to standard error, where it does not get into what a program reads. */
  note(text: string): void {
    this.#options.stderr.write(`${text}\n`);
  }
}

function* partsOf(items: Iterable<unknown>, size: number): Generator<unknown[], void, void> {
  let part: unknown[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length === size) {
      yield part;
      part = [];
    }
  }
  if (part.length > 0) {
    yield part;
  }
}
