/** @typedef {{ passed: number, failed: number, skipped: number }} TestCounts */

/**
 * @param {readonly TestCounts[]} all
 * @returns {TestCounts}
 */
export function sumCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/**
 * The last line of a test run: `12 passed, 0 failed`, with `, 3 skipped` behind it where tests were skipped.
 *
 * @param {TestCounts} counts
 */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
