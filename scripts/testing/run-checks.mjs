import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

/** Priority (`nice`) of the checks: the tests beside them have deadlines. */
const YIELDING = 15;

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
    const { isPassed, output } = await runScript(root, script);
    process.stdout.write(`\n=== ${script}: ${isPassed ? 'passed' : `failed; counted as a failure\n${output}`}\n`);
    if (!isPassed) results.push({ passed: 0, failed: 1, skipped: 0 });
  }
  return results;
}

/** @returns {Promise<{ isPassed: boolean, output: string }>} */
function runScript(root, script) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) setPriority(child.pid, YIELDING);
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    const end = (isPassed, reason = '') => resolve({ isPassed, output: Buffer.concat(chunks).toString() + reason });
    child.once('error', (error) => end(false, error.message));
    child.once('close', (code) => end(code === 0));
  });
}
