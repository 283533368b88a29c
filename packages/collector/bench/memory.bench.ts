// What a series costs in the collector's memory, and whether a target of a million series is scraped within 512 MB.
//
//   npm run bench -- memory [--steps 100,400] [--series 1000] [--seconds 110] [--encoding gzip]
//     [--large 1000000] [--large-scrapes 4] [--large-encoding gzip]
//
// Two parts; an empty `--steps` or `--large 0` leaves one out. In the first, more and more targets are registered at an interval
// of 1 s; the growth of the resident memory from step to step, by the series that came, is what one costs, frames
// that the store keeps to write them again included (they reach their full number after 120 slots). Four kinds of
// process, so that like targets share their lists of series. In the second, one target of a million series is scraped each 15 s
// while the peak of the resident memory is watched, start and first scrape included.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startFarm } from './farm-shape.ts';
import { loadAverage, processUsage } from './process-usage.ts';
import { PulsekeeperSystem } from './pulsekeeper-system.ts';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100,400' },
    series: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '110' },
    encoding: { type: 'string', default: 'gzip' },
    large: { type: 'string', default: '1000000' },
    'large-scrapes': { type: 'string', default: '4' },
    'large-encoding': { type: 'string', default: 'gzip' },
  },
});

const MEGABYTE = 1e6;
const LARGE_INTERVAL_MS = 15_000;
const LARGE_GOAL_BYTES = 512 * 1024 * 1024;

const repository = join(import.meta.dirname, '../../..');
print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadAverage()}`);
if (options.steps !== '') await measureSeries(options.steps.split(',').map(Number), Number(options.series));
if (Number(options.large) > 0) await measureLarge(Number(options.large));

async function measureSeries(steps: readonly number[], series: number): Promise<void> {
  const farm = await startFarm({ targets: Math.max(...steps), series }, options.encoding === 'gzip');
  const system = await PulsekeeperSystem.start({ name: 'pulsekeeper', repository });
  try {
    let before: { targets: number; residentBytes: number } | undefined;
    for (const targets of steps) {
      await system.setTargets(farm.addresses.slice(0, targets));
      await sleep(Number(options.seconds) * 1000);
      const residentBytes = await settledBytes(system);
      const { lost } = await system.counts();
      const shown = `${String(targets).padStart(5)} × ${series}: RSS ${(residentBytes / MEGABYTE).toFixed(0)} MB, lost ${lost}`;
      const grown = before && (residentBytes - before.residentBytes) / ((targets - before.targets) * series);
      print(grown === undefined ? shown : `${shown}, ${grown.toFixed(0)} bytes a series more`);
      before = { targets, residentBytes };
    }
  } finally {
    await Promise.all([system.stop(), farm.stop()]);
  }
}

/** The mean over some seconds: garbage comes and goes. */
async function settledBytes({ processes }: PulsekeeperSystem): Promise<number> {
  let sum = 0;
  for (let look = 0; look < 10; look += 1) {
    await sleep(1_000);
    sum += processUsage(processes.get('collector') ?? 0).residentBytes;
  }
  return sum / 10;
}

async function measureLarge(series: number): Promise<void> {
  const farm = await startFarm({ targets: 1, series }, options['large-encoding'] === 'gzip');
  const system = await PulsekeeperSystem.start({
    name: 'pulsekeeper',
    repository,
    intervalMs: LARGE_INTERVAL_MS,
    rule: { bodySizeLimit: '400MB', sampleLimit: 2 * series },
    defaults: { bounds: { max_body_size: '400MB', max_samples: 2 * series } },
  });
  const pid = system.processes.get('collector') ?? 0;
  try {
    const idleBytes = processUsage(pid).residentBytes;
    await system.counts();
    await system.setTargets(farm.addresses);
    for (let scrape = 1; scrape <= Number(options['large-scrapes']); scrape += 1) {
      await sleep(LARGE_INTERVAL_MS);
      const { samples, lost, late, eventLoopMostMs = NaN } = await system.counts();
      const { residentBytes, peakResidentBytes } = processUsage(pid);
      const memory = `RSS ${(residentBytes / MEGABYTE).toFixed(0)} MB, peak ${(peakResidentBytes / MEGABYTE).toFixed(0)} MB`;
      print(
        `${samples} samples, lost ${lost}, late ${late ?? 0}, ${memory}, loop held up ${eventLoopMostMs.toFixed(0)} ms`,
      );
    }
    const { peakResidentBytes } = processUsage(pid);
    const verdict = peakResidentBytes <= LARGE_GOAL_BYTES ? 'within' : 'NOT within';
    print(`a target of ${series} series: ${verdict} 512 MiB (idle before: ${(idleBytes / MEGABYTE).toFixed(0)} MB)`);
    const page = (await farm.stats()).bytes / Math.max(1, (await farm.stats()).scrapes);
    print(`bytes a response on the wire: ${(page / MEGABYTE).toFixed(1)} MB`);
    print(system.logTail());
  } finally {
    await Promise.all([system.stop(), farm.stop()]);
  }
}

function print(line: string): void {
  if (line !== '') process.stdout.write(`${line}\n`);
}
