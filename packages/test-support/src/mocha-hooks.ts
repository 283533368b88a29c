import { registeredCleanups, runCleanups, setCleanupScope } from './cleanup-registry.ts';
import { stretchTimeouts } from './stretch-timeouts.ts';
import { timeFactor } from './time-factor.ts';

/**
 * Root hooks for mocha (`require` them in `.mocharc.json`). What a test started is undone after the test; what a
 * `before` hook or a suite started, at the end of the outermost suite around it; the rest at the end of the run. When a test
 * fails, the ends of the logs of all servers that live at that moment are printed. A promise rejected with nobody
 * listening fails the run, also when it comes after the last test. Timeouts of tests grow with the time factor.
 */
export const mochaHooks = {
  beforeAll(this: Mocha.Context): void {
    process.on('unhandledRejection', (reason) => {
      // Mocha sets the exit code in an exit listener of its own; one that is added this late has the last word.
      process.once('exit', () => {
        process.exitCode = 1;
      });
      throw reason; // During the run, mocha's handler of uncaught exceptions fails the current test with it.
    });
    setCleanupScope('suite');
    // Mocha has no hook for the end of a file: each outermost suite gets one more `after`, behind its own.
    for (const suite of this.test?.parent?.suites ?? []) {
      suite.afterAll('stops the servers of this suite', async function (this: Mocha.Context) {
        this.timeout(30_000);
        await runCleanups('suite');
      });
      if (timeFactor > 1) stretchTimeouts(suite, timeFactor);
    }
  },

  beforeEach(): void {
    setCleanupScope('test');
  },

  async afterEach(this: Mocha.Context): Promise<void> {
    setCleanupScope('suite');
    this.timeout(30_000);
    if (this.currentTest?.state === 'failed') showLogs(this.currentTest.fullTitle());
    await runCleanups('test');
  },

  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(30_000);
    await runCleanups('process');
  },
};

function showLogs(title: string): void {
  for (const cleanup of registeredCleanups()) {
    const tail = cleanup.logTail?.().trim() ?? '';
    if (tail !== '') process.stderr.write(`--- ${cleanup.name}, at the failure of "${title}"\n${tail}\n`);
  }
}
