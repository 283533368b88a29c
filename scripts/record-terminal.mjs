// Records what `status`, `top` and `query` look like on terminals of 80 and 160 columns, into docs/terminal/.
//
// node scripts/record-terminal.mjs
//
// Starts a local cluster of its own, and a terminal of each width in tmux (Debian's package `tmux`), in which the commands
// run as a user runs them. A line that had to wrap makes it fail.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { repositoryRoot as root } from './bootstrap/repository-root.mjs';
import { runMain, setUp } from './bootstrap/set-up.mjs';
import { SetupError } from './bootstrap/setup-error.mjs';
import { runCaptured } from './packing/run-captured.mjs';
import { startQuietCluster } from './recording/quiet-cluster.mjs';
import { Terminal } from './recording/terminal.mjs';

const CLI = join(root, 'packages/cli/bin/pulsekeeper.js');
const FOLDER = join(root, 'docs/terminal');
const WIDTHS = [80, 160];
const HEIGHT = 30;
/** Slots that the collectors must have had before anything is recorded, so that there is something to see. */
const LEAST_SLOTS = 300;
const PATIENCE_MS = 180_000;

/** What is recorded, by the name of its file; `live` ones are looked at while they run. */
const RECORDINGS = [
  { name: 'status', lines: ['status'] },
  { name: 'top', lines: ['top'], isLive: true },
  {
    name: 'query',
    lines: [
      'query up --since 1m',
      'query scrape_samples_scraped --since 1m --aggregate sum --by service',
      'query http_requests_total --since 30s --step 5s --rate 30s --aggregate sum --by service',
      'query \'up{instance="checkout-1"}\' --since 15s',
    ],
  },
];

await runMain(async () => {
  if ((await runCaptured('tmux', ['-V'], root)).code !== 0) {
    throw new SetupError('tmux is not installed; on Debian: apt-get install tmux');
  }
  await setUp();
  const folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-terminal-'));
  const cluster = await startQuietCluster(root, folder);
  try {
    await untilBusy(cluster);
    mkdirSync(FOLDER, { recursive: true });
    for (const width of WIDTHS) {
      for (const recording of RECORDINGS) await record(recording, width, cluster);
    }
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** @param {{ folder: string }} cluster */
async function untilBusy({ folder }) {
  const deadlineMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const { code, out } = await runCaptured(process.execPath, [CLI, 'status', '--json'], folder);
    if (code === 0 && JSON.parse(out).slots.expected >= LEAST_SLOTS) return;
    if (Date.now() > deadlineMs) throw new SetupError(`the local cluster does not get going: ${out}`);
    await delay(1000);
  }
}

/**
 * @param {{ name: string, lines: readonly string[], isLive?: boolean }} recording
 * @param {number} width
 * @param {{ folder: string }} cluster
 */
async function record({ name, lines, isLive = false }, width, { folder }) {
  const terminal = await Terminal.open({ width, height: HEIGHT, folder, program: `'${process.execPath}' '${CLI}'` });
  try {
    const screens = [];
    for (const line of lines) {
      screens.push(
        `$ pulsekeeper ${line}\n${isLive ? await terminal.watch(line, 'COLLECTOR') : await terminal.run(line)}`,
      );
    }
    const path = join(FOLDER, `${name}-${width}.txt`);
    writeFileSync(path, `${screens.join('\n')}`);
    const tooLong = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('$ ') && [...line].length > width);
    if (tooLong.length > 0) throw new SetupError(`${path}: wider than ${width} columns:\n${tooLong.join('\n')}`);
    process.stdout.write(`docs/terminal/${name}-${width}.txt\n`);
  } finally {
    await terminal.close();
  }
}
