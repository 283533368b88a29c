import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { registerCleanup } from '@pulsekeeper/test-support';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'shifted-clock.mjs')).href;

/** Wall clocks of collectors that a test sets as it likes. Collectors must be started with `env`. */
export class ShiftedClocks {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-clocks-'));

  constructor() {
    registerCleanup({
      name: 'shifted clocks',
      run: () => {
        this.remove();
        return Promise.resolve();
      },
    });
  }

  /** What makes a collector use the clock that is kept for its id. */
  get env(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import=${PRELOAD}`, TEST_CLOCK_FOLDER: this.#folder };
  }

  /** Sets the clock of a collector so much ahead of the true time; in force within 0.1 s, also while it runs. */
  set(collector: string, aheadMs: number): void {
    writeFileSync(join(this.#folder, collector), `${aheadMs}`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
