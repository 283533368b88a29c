import { runCaptured } from '../packing/run-captured.mjs';

/** Priority (`nice`) of the checks: the tests beside them have deadlines. */
const YIELDING = '15';

/**
 * Runs npm scripts that check without running a test, one after the other. What one prints follows at its end if it fails,
 * and that counts as a failure.
 *
 * @param {string} root
 * @param {readonly string[]} scripts
 * @returns {Promise<import('./test-counts.mjs').TestCounts[]>}
 */
export async function runChecks(root, scripts) {
  const results = [];
  for (const script of scripts) {
    const { code, out, err } = await runCaptured('nice', ['-n', YIELDING, 'npm', 'run', '--silent', script], root);
    process.stdout.write(`\n=== ${script}: ${code === 0 ? 'passed' : `failed; counted as a failure\n${out}${err}`}\n`);
    if (code !== 0) results.push({ passed: 0, failed: 1, skipped: 0 });
  }
  return results;
}
