import type { Logger } from '@pulsekeeper/model';
import { setImmediate } from 'node:timers/promises';
import { readSpillFile, removeSpillFile, writeSpillFile } from './spill-file.ts';
import type { StreamWriter } from './stream-writer.ts';

/**
 * Carries what a writer could not send from one process to the next in a file. The file stays until all of it is in Redis:
 * a process that ends before saves what is left to the same path.
 */
export class FrameSpill {
  readonly #path: string;
  readonly #writer: StreamWriter;
  readonly #logger: Logger;
  #holdsFrames = false;
  #isEnding = false;

  constructor(path: string, writer: StreamWriter, logger: Logger) {
    this.#path = path;
    this.#writer = writer;
    this.#logger = logger;
  }

  /** Hands the frames of an earlier process to the writer. Never rejects: without the file it is a start like any other. */
  async restore(): Promise<void> {
    const path = this.#path;
    try {
      const spilled = await readSpillFile(path);
      if (spilled === undefined) return;
      this.#holdsFrames = true;
      let frames = 0;
      for (const stream of spilled.streams) {
        this.#writer.restore(stream);
        frames += stream.frames.length;
        await setImmediate();
      }
      this.#logger.info({ path, frames }, 'frames of an earlier run wait to be written');
      if (!spilled.isWhole) {
        this.#logger.error({ path }, 'the file of frames of an earlier run is damaged: some targets are lost from it');
      }
      void this.#writer.idle().then(() => (this.#isEnding ? undefined : this.#remove()));
    } catch (error) {
      this.#logger.error({ err: error, path }, 'the frames of an earlier run cannot be read');
    }
  }

  /** Saves what the writer could not send, and stops the writer. Never rejects. */
  async save(): Promise<void> {
    this.#isEnding = true;
    if (this.#writer.bufferedFrames === 0) return this.#remove();
    const path = this.#path;
    try {
      const frames = await writeSpillFile(path, this.#writer.takeUnsent());
      this.#writer.stop(true);
      this.#logger.warn({ path, frames }, 'frames that redis did not take were saved');
    } catch (error) {
      this.#logger.error({ err: error, path }, 'frames that redis did not take could not be saved');
    }
  }

  async #remove(): Promise<void> {
    if (!this.#holdsFrames) return;
    this.#holdsFrames = false;
    try {
      await removeSpillFile(this.#path);
    } catch (error) {
      this.#logger.warn({ err: error, path: this.#path }, 'the file of frames that are written now cannot be removed');
    }
  }
}
