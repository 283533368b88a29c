import { cutToWidth } from './display-width.ts';
import type { Output } from './output.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
// eslint-disable-next-line no-control-regex -- the colours that the palette writes
const COLOUR = /\u001b\[\d+m/g;

/** Screens that have taken the terminal. */
const open = new Set<LiveScreen>();

/** Gives the terminal back, whatever has taken it: for the end of a process that does not wait for its commands. */
export function closeOpenScreens(): void {
  for (const screen of open) {
    screen.close();
  }
}

/**
 * A full screen that is drawn again and again: over the old one line by line, so that nothing flickers and little goes
 * over a slow link. What does not fit the terminal is cut off. Not a terminal: screens follow each other.
 */
export class LiveScreen {
  readonly #output: Output;
  #last = '';
  #isOpen = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows a text; the same text and the same size cost nothing. */
  draw(text: string): void {
    const { height, width } = this.#output;
    if (height === undefined) {
      this.#output.print(`${text}\n`);
      return;
    }
    const lines = text.trimEnd().split('\n').slice(0, height);
    const frame = lines.map((line) => `${fit(line, width)}${CLEAR_TO_LINE_END}`).join('\r\n');
    if (!this.#isOpen) {
      this.#isOpen = true;
      open.add(this);
      this.#output.print(ENTER);
    }
    if (frame !== this.#last) {
      this.#last = frame;
      this.#output.print(`${HOME}${frame}${CLEAR_BELOW}`);
    }
  }

  /** Gives the terminal back as it was. Idempotent. */
  close(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      open.delete(this);
      this.#output.print(LEAVE);
    }
  }
}

/** A line that would wrap is cut, without its colours: a cut within an escape sequence would colour the rest. */
function fit(line: string, width: number | undefined): string {
  const plain = line.replace(COLOUR, '');
  const cut = cutToWidth(plain, width ?? Number.POSITIVE_INFINITY);
  return cut === plain ? line : cut;
}
