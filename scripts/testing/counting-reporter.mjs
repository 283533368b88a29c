import { writeFileSync } from 'node:fs';

import Mocha from 'mocha';

/**
 * Mocha's `spec` output, and at the end of the run, as JSON in the file `PULSEKEEPER_TEST_COUNTS` names, its counts and what
 * failed (`{ title, reason }`, the stack included).
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.PULSEKEEPER_TEST_COUNTS;
    if (path === undefined) return;
    const { EVENT_RUN_END, EVENT_TEST_FAIL } = Mocha.Runner.constants;
    const failures = [];
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      failures.push({ title: test.fullTitle(), reason: error?.stack ?? String(error) });
    });
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures: failed, pending } = runner.stats;
      writeFileSync(path, JSON.stringify({ passed: passes, failed, skipped: pending, failures }));
    });
  }
}
