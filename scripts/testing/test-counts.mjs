/** @typedef {{ title: string, reason: string }} Failure */
/** @typedef {{ passed: number, failed: number, skipped: number, failures: readonly Failure[] }} TestCounts */

/** Of a reason so many lines are shown once more at the end. */
const REASON_LINES = 60;

/**
 * @param {readonly TestCounts[]} all
 * @returns {TestCounts}
 */
export function sumCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { passed, failed, skipped, failures } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    sum.failures.push(...failures);
  }
  return sum;
}

/**
 * One failure beside those of single tests.
 *
 * @param {string} title
 * @param {string} reason
 * @returns {TestCounts}
 */
export function failureOf(title, reason) {
  return { passed: 0, failed: 1, skipped: 0, failures: [{ title, reason }] };
}

/**
 * All failures once more, for the end of an output that is long; empty where there are none.
 *
 * @param {readonly Failure[]} failures
 */
export function formatFailures(failures) {
  if (failures.length === 0) return '';
  const texts = failures.map(({ title, reason }, index) => {
    const lines = reason.trimEnd().split('\n');
    const shown = lines.length > REASON_LINES ? [...lines.slice(0, REASON_LINES), '…'] : lines;
    return `${index + 1}) ${title}\n${shown.map((line) => `   ${line}`).join('\n')}\n`;
  });
  return `\n=== failed:\n\n${texts.join('\n')}`;
}

/**
 * The last line of a test run: `12 passed, 0 failed`, with `, 3 skipped` behind it where tests were skipped.
 *
 * @param {TestCounts} counts
 */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
