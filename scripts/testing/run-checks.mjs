import { runCaptured } from '../packing/run-captured.mjs';
import { failureOf } from './test-counts.mjs';

/** Priority (`nice`) of the checks: the tests beside them have deadlines. */
const YIELDING = '15';

/**
 * Runs npm scripts that check without running a test, one after the other. One that fails counts as a failure,
 * whose reason is what it printed.
 *
 * @param {string} root
 * @param {readonly string[]} scripts
 * @returns {Promise<import('./test-counts.mjs').TestCounts[]>}
 */
export async function runChecks(root, scripts) {
  const results = [];
  for (const script of scripts) {
    const { code, out, err } = await runCaptured('nice', ['-n', YIELDING, 'npm', 'run', '--silent', script], root);
    process.stdout.write(`\n=== ${script}: ${code === 0 ? 'passed' : 'failed; counted as a failure'}\n`);
    if (code !== 0) results.push(failureOf(script, `${out}${err}`));
  }
  return results;
}
