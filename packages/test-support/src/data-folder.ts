import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { forgetTemporaryFolder, trackTemporaryFolder } from './child-reaper.ts';

/** A server's data folder: a private temporary one that is removed with the server, or one that the caller keeps. */
export class DataFolder {
  readonly path: string;
  readonly #isTemporary: boolean;

  private constructor(path: string, isTemporary: boolean) {
    this.path = path;
    this.#isTemporary = isTemporary;
  }

  /** Makes the folder: `path` where one is given, else a new one below the system's temporary folder. */
  static async open(path: string | undefined, purpose: string): Promise<DataFolder> {
    if (path !== undefined) {
      await mkdir(path, { recursive: true });
      return new DataFolder(path, false);
    }
    const made = await mkdtemp(join(tmpdir(), `pulsekeeper-${purpose}-`));
    trackTemporaryFolder(made);
    return new DataFolder(made, true);
  }

  /** Deletes what is in it, except the entries named. */
  async wipe(keep: readonly string[] = []): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (!keep.includes(name)) await rm(join(this.path, name), { recursive: true, force: true });
    }
  }

  /** Deletes the folder if it is a temporary one. */
  async remove(): Promise<void> {
    if (!this.#isTemporary) return;
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
    forgetTemporaryFolder(this.path);
  }
}
