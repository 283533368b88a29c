import { renderStatus, summarizeStatus, type StatusFrame } from './render-status.ts';

/** Seconds between two lines where the output is not a terminal. */
const PLAIN_EVERY_SECONDS = 5;

/** Shows the status: redrawn in place on a terminal, a line now and then elsewhere. */
export class LiveDisplay {
  readonly #output: NodeJS.WriteStream;
  #drawnLines = 0;
  #lastPlainSeconds = -PLAIN_EVERY_SECONDS;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** Shows the newest figures. */
  show(frame: StatusFrame): void {
    if (this.#output.isTTY) this.#redraw(renderStatus(frame));
    else if (frame.runningSeconds - this.#lastPlainSeconds >= PLAIN_EVERY_SECONDS) {
      this.#lastPlainSeconds = frame.runningSeconds;
      this.#output.write(`${summarizeStatus(frame)}\n`);
    }
  }

  /** Leaves what is drawn and writes on below it. */
  finish(): void {
    this.#drawnLines = 0;
  }

  #redraw(lines: readonly string[]): void {
    const columns = this.#output.columns || 80;
    // Longer lines would wrap, and the count of lines to go back would be wrong.
    const text = lines.map((line) => `${line.slice(0, columns - 1)}\u001b[K\n`).join('');
    const back = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : '';
    this.#output.write(`${back}${text}\u001b[J`);
    this.#drawnLines = lines.length;
  }
}
