import type { TextSink } from './output.ts';

const BAR_WIDTH = 24;
/** Redraws are for eyes; ten a second are enough, and kind to slow links. */
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * A progress bar on standard error, drawn only when that is a terminal and the work takes longer than a moment.
 * `done` removes it, so nothing of it stays on the screen.
 */
export class Progress {
  readonly #sink: TextSink;
  readonly #label: string;
  readonly #total: number;
  #finished = 0;
  #drawnAtMs: number;
  #isDrawn = false;

  constructor(sink: TextSink, label: string, total: number) {
    this.#sink = sink;
    this.#label = label;
    this.#total = total;
    this.#drawnAtMs = performance.now();
  }

  /** One more piece of the work is finished. */
  advance(): void {
    this.#finished += 1;
    const nowMs = performance.now();
    if (this.#sink.isTTY !== true || nowMs - this.#drawnAtMs < REDRAW_MS) {
      return;
    }
    this.#drawnAtMs = nowMs;
    this.#isDrawn = true;
    const filled = Math.floor((this.#finished / this.#total) * BAR_WIDTH);
    const bar = '█'.repeat(filled).padEnd(BAR_WIDTH, '░');
    this.#sink.write(`${CLEAR_LINE}${this.#label} ${bar} ${this.#finished}/${this.#total}`);
  }

  /** Takes the bar off the screen. */
  done(): void {
    if (this.#isDrawn) {
      this.#sink.write(CLEAR_LINE);
    }
  }
}
