import { setTimeout as delay } from 'node:timers/promises';

import { SetupError } from '../bootstrap/setup-error.mjs';
import { runCaptured } from '../packing/run-captured.mjs';

const PATIENCE_MS = 30_000;
/** Between what a command draws and the next look at it. */
const LOOK_MS = 200;
/** How often a live screen is drawn anew while it is watched. */
const REDRAWS_MS = 5_000;

let count = 0;

/** A terminal of a fixed size, in a tmux server of its own. */
export class Terminal {
  #socket;
  #begun = 0;
  #options;

  /** @param {{ width: number, height: number, folder: string, program: string }} options */
  static async open(options) {
    const terminal = new Terminal(options);
    const { width, height, folder } = options;
    const size = ['-x', String(width), '-y', String(height)];
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', folder, 'env PS1= sh');
    return terminal;
  }

  constructor(options) {
    this.#options = options;
    this.#socket = `pulsekeeper-${process.pid}-${++count}`;
  }

  /**
   * Runs a command line of the program to its end and gives what it left on the screen.
   *
   * @param {string} line
   */
  async run(line) {
    const mark = await this.#begin(line);
    const screen = await this.#until((text) => text.includes(`\n${mark}`));
    return screen.slice(0, screen.indexOf(`\n${mark}`) + 1);
  }

  /**
   * Runs a command that goes on, and gives its screen after a while; then ends it with Ctrl-C.
   *
   * @param {string} line
   * @param {string} text what must be on the screen
   */
  async watch(line, text) {
    const mark = await this.#begin(line);
    await this.#until((screen) => screen.includes(text));
    await delay(REDRAWS_MS);
    const screen = await this.#capture();
    await this.#tmux('send-keys', 'C-c');
    await this.#until((after) => after.includes(mark));
    return screen;
  }

  async close() {
    await this.#tmux('kill-server');
  }

  /**
   * Types a command line, and after it one that writes a mark, which no earlier command wrote.
   *
   * @param {string} line
   */
  async #begin(line) {
    const number = (this.#begun += 1);
    const typed = `clear; ${this.#options.program} ${line}; echo "~end of ${number}~"`;
    await this.#tmux('send-keys', '-l', typed);
    await this.#tmux('send-keys', 'Enter');
    return `~end of ${number}~`;
  }

  /** @param {(screen: string) => boolean} isThere */
  async #until(isThere) {
    const deadlineMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const screen = await this.#capture();
      if (isThere(screen)) return screen;
      if (Date.now() > deadlineMs) throw new SetupError(`the terminal shows:\n${screen}`);
      await delay(LOOK_MS);
    }
  }

  /** The screen with lines that wrapped joined again, so that they are seen to be too long. */
  async #capture() {
    const screen = await this.#tmux('capture-pane', '-p', '-J');
    return `${screen
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()}\n`;
  }

  /** @param {readonly string[]} args */
  async #tmux(...args) {
    const { code, out, err } = await runCaptured('tmux', ['-L', this.#socket, ...args], this.#options.folder);
    if (code !== 0) throw new SetupError(`tmux ${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  }
}
