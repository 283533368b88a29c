import type { TextSink } from './output.ts';

const BAR_WIDTH = 24;
/** Redraws are for eyes; ten a second are enough, and kind to slow links. */
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** What a {@link Progress} tells. */
export interface ProgressOptions {
  /** What is done: `verify`. */
  readonly label: string;
  /** How much there is; without it the count alone is shown. */
  readonly total?: number | undefined;
  /** What is counted: `series`. */
  readonly unit: string;
  /** @defaultValue `performance.now` */
  readonly now?: (() => number) | undefined;
}

/**
 * A progress bar on standard error, drawn only when that is a terminal and the work takes longer than a moment.
 * `done` removes it, so nothing of it stays on the screen.
 */
export class Progress {
  readonly #sink: TextSink;
  readonly #options: ProgressOptions;
  readonly #now: () => number;
  #finished = 0;
  #drawnAtMs: number;
  #isDrawn = false;

  constructor(sink: TextSink, options: ProgressOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#drawnAtMs = this.#now();
  }

  /** One more piece of the work is finished. */
  advance(): void {
    this.#finished += 1;
    const nowMs = this.#now();
    if (this.#sink.isTTY !== true || nowMs - this.#drawnAtMs < REDRAW_MS) {
      return;
    }
    this.#drawnAtMs = nowMs;
    this.#isDrawn = true;
    this.#sink.write(`${CLEAR_LINE}${this.#text()}`);
  }

  /** Takes the bar off the screen. */
  done(): void {
    if (this.#isDrawn) {
      this.#sink.write(CLEAR_LINE);
    }
  }

  #text(): string {
    const { label, total, unit } = this.#options;
    if (total === undefined) {
      return `${label} ${this.#finished} ${unit} …`;
    }
    const filled = Math.floor((this.#finished / total) * BAR_WIDTH);
    return `${label} ${'█'.repeat(filled).padEnd(BAR_WIDTH, '░')} ${this.#finished}/${total} ${unit}`;
  }
}
