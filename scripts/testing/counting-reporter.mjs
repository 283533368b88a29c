import { writeFileSync } from 'node:fs';

import Mocha from 'mocha';

/** Mocha's `spec` output, and at the end of the run its counts as JSON in the file `PULSEKEEPER_TEST_COUNTS` names. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.PULSEKEEPER_TEST_COUNTS;
    if (path === undefined) return;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(path, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}
