import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';

import { failureOf, sumCounts } from './test-counts.mjs';

/** Minutes after which a group counts as hung; a mocha that nothing ends (no `--exit`) shows a leak. */
const GROUP_LIMIT_MINUTES = 20;

/** Priority (`nice`) of a group that yields; what it starts inherits it. */
const YIELDING = 10;

/**
 * Runs test files in a mocha process of their own and resolves with the real counts. A process that ends badly though no
 * test failed (a crash, a leak that keeps it alive, a rejection with nobody listening) counts as one failure.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {string} options.title
 * @param {readonly string[]} options.files
 * @param {readonly string[]} [options.mochaArgs]
 * @param {readonly string[]} [options.node] the command that is Node.js; this one by default
 * @param {boolean} [options.buffered] whether its output is held back until its end, for a group beside another one
 * @param {boolean} [options.yields] whether it leaves processor time to the others where that is short
 * @returns {Promise<import('./test-counts.mjs').TestCounts>}
 */
export async function runGroup(options) {
  const { root, title, files, mochaArgs = [], node = [process.execPath], buffered = false, yields = false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-counts-'));
  const countsPath = join(folder, 'counts.json');
  const heading = `\n=== ${title}: ${files.length} files\n`;
  process.stdout.write(buffered ? `${heading}    (beside the others; its output follows at its end)\n` : heading);
  const startedMs = performance.now();
  const { ended, output } = await runMocha({ root, files, mochaArgs, node, countsPath, buffered, yields });
  if (buffered) process.stdout.write(`${heading}${output}`);
  const counts = readCounts(countsPath);
  rmSync(folder, { recursive: true });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  process.stdout.write(`=== ${title}: ${counts?.passed ?? 0} passed, ${counts?.failed ?? 0} failed in ${seconds} s\n`);
  if (counts !== undefined && (ended === 'exit 0' || counts.failed > 0)) return counts;
  process.stdout.write(`=== ${title}: ended badly (${ended}); counted as a failure\n`);
  return sumCounts([...(counts === undefined ? [] : [counts]), failureOf(title, `ended badly (${ended})`)]);
}

/**
 * @returns {Promise<{ ended: string, output: string }>} how it ended (`exit 0`, `exit 1`, `SIGKILL`, …), and what it printed
 *   where that was held back
 */
function runMocha({ root, files, mochaArgs, node, countsPath, buffered, yields }) {
  const [command, ...nodeArgs] = node;
  const args = [
    ...nodeArgs,
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    './scripts/testing/counting-reporter.mjs',
  ];
  return new Promise((resolve) => {
    const child = spawn(command, [...args, ...mochaArgs, ...files], {
      cwd: root,
      stdio: buffered ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, PULSEKEEPER_TEST_COUNTS: countsPath },
    });
    if (yields && child.pid !== undefined) setPriority(child.pid, YIELDING);
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
    const end = (ended) => resolve({ ended, output: Buffer.concat(chunks).toString() });
    const timer = setTimeout(() => {
      process.stdout.write(`\nstill running after ${GROUP_LIMIT_MINUTES} minutes: it is killed\n`);
      child.kill('SIGKILL');
    }, GROUP_LIMIT_MINUTES * 60_000);
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      end(signal ?? `exit ${code}`);
    });
  });
}

function readCounts(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // The run never came to its end; the caller counts that.
  }
}
