import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As many as Node has for work aside, unless it is told otherwise. */
const THREADS = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);

/** Keeps all threads for work aside waiting (on a pipe that nobody writes to) until they are freed. */
export class BusyThreads {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-busy-'));
  readonly #pipe = join(this.#folder, 'pipe');
  readonly #waiting: Promise<void>[];
  #isFree = false;

  constructor() {
    execFileSync('mkfifo', [this.#pipe]);
    this.#waiting = Array.from({ length: THREADS }, async () => (await open(this.#pipe, 'r')).close());
  }

  /** May be called again. */
  async free(): Promise<void> {
    if (this.#isFree) return;
    this.#isFree = true;
    // For reading and writing: that waits for nobody.
    const writer = openSync(this.#pipe, 'r+');
    await Promise.all(this.#waiting);
    closeSync(writer);
    rmSync(this.#folder, { recursive: true });
  }
}
