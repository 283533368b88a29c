// What a sample takes up: Pulsekeeper with its Redis beside Prometheus, which scrape like targets at the same time.
//
//   npm run bench -- bytes [--targets 100] [--series 1000] [--seconds 270]
//
// Each system has an exporter farm of its own with the same seed, whose targets go on by one state a scrape: both read the same
// bodies. At the end Prometheus is asked for a snapshot, which writes what is in memory as a block. Redis is counted by what
// `used_memory` grew since before the first scrape, keys, schemas and index included, and by its append-only file. What this does
// not show: blocks of two hours, over which a block's index is spread further; a Redis whose append-only file has been rewritten.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startFarm } from './farm-shape.ts';
import { PeerSystem } from './peer-systems.ts';
import { PulsekeeperSystem } from './pulsekeeper-system.ts';

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '100' },
    series: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '270' },
  },
});
/** What follows `used_memory` settles within this time. */
const SETTLE_MS = 2_000;

const shape = { targets: Number(options.targets), series: Number(options.series) };
const repository = join(import.meta.dirname, '../../..');
const farms = await Promise.all([startFarm(shape, false), startFarm(shape, false)]);
const pulsekeeper = await PulsekeeperSystem.start({ name: 'pulsekeeper', repository });
const prometheus = await PeerSystem.start('prometheus', [], ['--web.enable-admin-api']);
try {
  const usedBefore = await redisFigure('memory', 'used_memory');
  await pulsekeeper.setTargets(farms[0].addresses);
  await prometheus.setTargets(farms[1].addresses);
  await sleep(Number(options.seconds) * 1000);
  // No further scrapes, so that what is counted and what is written are of one moment.
  await Promise.all(farms.map((farm) => farm.stop()));
  await sleep(SETTLE_MS);

  const { samples, lost } = await pulsekeeper.counts();
  print('pulsekeeper: samples', samples, 0);
  print('pulsekeeper: scrapes lost until the targets went', lost, 0);
  print('redis, used_memory', ((await redisFigure('memory', 'used_memory')) - usedBefore) / samples);
  print('redis, append-only file', (await redisFigure('persistence', 'aof_current_size')) / samples);

  const appended = (await prometheus.counts()).samples;
  print('prometheus: samples, its own five a scrape included', appended, 0);
  print('prometheus, write-ahead log', sizeOf(join(prometheus.dataFolder, 'wal')) / appended);
  const snapshot = await takeSnapshot(prometheus);
  print('prometheus, snapshot: samples', snapshot.samples, 0);
  print('prometheus, snapshot: chunks', snapshot.chunkBytes / snapshot.samples);
  print('prometheus, snapshot: index', snapshot.indexBytes / snapshot.samples);
} finally {
  await Promise.all([pulsekeeper.stop(), prometheus.stop(), ...farms.map((farm) => farm.stop())]);
}

async function takeSnapshot({ url, dataFolder }: PeerSystem): Promise<SnapshotSizes> {
  const response = await fetch(`${url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
  const { data } = (await response.json()) as { data: { name: string } };
  const folder = join(dataFolder, 'snapshots', data.name);
  const sizes = { samples: 0, chunkBytes: 0, indexBytes: 0 };
  for (const block of readdirSync(folder)) {
    const meta = JSON.parse(readFileSync(join(folder, block, 'meta.json'), 'utf8')) as BlockMeta;
    sizes.samples += meta.stats.numSamples;
    sizes.chunkBytes += sizeOf(join(folder, block, 'chunks'));
    sizes.indexBytes += sizeOf(join(folder, block, 'index'));
  }
  return sizes;
}

interface SnapshotSizes {
  readonly samples: number;
  readonly chunkBytes: number;
  readonly indexBytes: number;
}

interface BlockMeta {
  readonly stats: { readonly numSamples: number };
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

async function redisFigure(section: string, name: string): Promise<number> {
  const info = await pulsekeeper.redis.cli('INFO', section);
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
}

function print(what: string, value: number, digits = 3): void {
  process.stdout.write(
    `${what.padEnd(56)}${value.toFixed(digits).padStart(12)}${digits > 0 ? ' bytes a sample' : ''}\n`,
  );
}
