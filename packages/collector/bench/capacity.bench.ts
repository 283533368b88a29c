// The highest rate that one core sustains with no slot missed, beside the peers, each pinned to one core.
//
//   npm run bench -- capacity [--series 1000] [--encoding plain] [--from 500] [--step 500] [--most 8000] [--seconds 8]
//     [--settle 6] [--peers prometheus,vmagent] [--skip-own]
//
// One system after the other runs on the first core (`taskset -c 0`), with the farm, Redis, ZooKeeper and this program on the
// second. Every target is scraped each second; targets are added step by step until a window of `--seconds` shows a lost
// slot: for the collector one that was missed, failed, dropped or doubled by its own counters; for a peer one in a hundred
// that the farm did not serve or that the peer counts as failed. The last step before is the rate that it sustains. Where the
// second core gives out first (the farm) the line says so. Needs `taskset` and two cores that nobody else uses.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { ExporterFarm } from '@pulsekeeper/test-support';

import { startFarm } from './farm-shape.ts';
import { hasPeer, PEERS, PeerSystem } from './peer-systems.ts';
import { loadAverage, processUsage } from './process-usage.ts';
import { PulsekeeperSystem } from './pulsekeeper-system.ts';
import type { ScrapeSystem } from './scrape-system.ts';

const { values: options } = parseArgs({
  options: {
    series: { type: 'string', default: '1000' },
    encoding: { type: 'string', default: 'plain' },
    from: { type: 'string', default: '500' },
    step: { type: 'string', default: '500' },
    most: { type: 'string', default: '8000' },
    seconds: { type: 'string', default: '8' },
    settle: { type: 'string', default: '6' },
    peers: { type: 'string', default: 'prometheus,vmagent' },
    'skip-own': { type: 'boolean', default: false },
  },
});

/** Part of the scrapes that are due which a peer may be short of at the edges of a window. */
const EDGE_SHARE = 0.01;

/** Beyond this a core has nothing left. */
const FULL_CORE = 0.95;

const LAUNCHER = ['taskset', '-c', '0'];
const series = Number(options.series);
const repository = join(import.meta.dirname, '../../..');

print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadAverage()}`);
for (const peer of PEERS) {
  if (!options.peers.split(',').includes(peer)) continue;
  if (hasPeer(peer)) await search(await PeerSystem.start(peer, LAUNCHER));
  else print(`NOT MEASURED: ${peer} is not installed (Debian: apt-get install prometheus victoria-metrics)`);
}
if (!options['skip-own']) {
  await search(await PulsekeeperSystem.start({ name: 'pulsekeeper', repository, launcher: LAUNCHER }));
}

async function search(system: ScrapeSystem): Promise<void> {
  const farm = await startFarm({ targets: Number(options.most), series }, options.encoding === 'gzip');
  const rest = [...system.processes.values()].slice(1);
  for (const pid of [farm.pid, process.pid, ...rest]) execFileSync('taskset', ['-a', '-p', '-c', '1', `${pid}`]);
  let sustained = 0;
  try {
    for (let targets = Number(options.from); targets <= Number(options.most); targets += Number(options.step)) {
      await system.setTargets(farm.addresses.slice(0, targets));
      await sleep(Number(options.settle) * 1000);
      const holds = await holdsAt(system, farm, targets);
      if (!holds) break;
      sustained = targets;
    }
  } finally {
    await Promise.all([system.stop(), farm.stop()]);
  }
  print(`${system.name}: sustains ${sustained} × ${series} = ${sustained * series} samples/s (${options.encoding})\n`);
}

async function holdsAt(system: ScrapeSystem, farm: ExporterFarm, targets: number): Promise<boolean> {
  const pid = [...system.processes.values()][0] ?? 0;
  const look = async (): Promise<{ counts: Awaited<ReturnType<ScrapeSystem['counts']>>; scrapes: number }> => ({
    counts: await system.counts(),
    scrapes: (await farm.stats()).scrapes,
  });
  const before = await look();
  const cpuBefore = [processUsage(pid).cpuMicros, processUsage(farm.pid).cpuMicros];
  const startedMs = performance.now();
  await sleep(Number(options.seconds) * 1000);
  const seconds = (performance.now() - startedMs) / 1000;
  const [core = 0, farmCore = 0] = [pid, farm.pid].map(
    (one, at) => (processUsage(one).cpuMicros - (cpuBefore[at] ?? 0)) / 1e6 / seconds,
  );
  const after = await look();
  const share = (after.scrapes - before.scrapes) / (targets * seconds);
  const lost = after.counts.lost - before.counts.lost;
  const late = (after.counts.late ?? 0) - (before.counts.late ?? 0);
  const holds = lost === 0 && share > 1 - EDGE_SHARE;
  print(
    [
      `${system.name.padEnd(12)} ${String(targets).padStart(5)} targets`,
      `${(100 * share).toFixed(1)} % served`,
      `lost ${lost}, late ${late}`,
      `${core.toFixed(2)} core, ${((core * 1e6) / (targets * series * share)).toFixed(3)} µs/sample`,
      farmCore > FULL_CORE
        ? `THE FARM IS AT ITS LIMIT (${farmCore.toFixed(2)} core)`
        : `farm ${farmCore.toFixed(2)} core`,
      holds ? 'holds' : 'does not hold',
    ].join('  '),
  );
  return holds;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
