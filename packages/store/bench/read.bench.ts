// How long reads take, on 100 targets of 1,000 series, 15 s interval, one hour and more of frames:
//
//   npx tsc -b packages/store packages/test-support && node --import tsx packages/store/bench/read.bench.ts
//     [--targets 100] [--series 1000] [--slots 480] [--bodies FOLDER]
//
// The frames of `farm-values.ts` (or of saved bodies) lie in a real Redis on the same machine. Each figure is the median of
// several reads, with the CPU time of the reader and of Redis beside it (on a machine that does other things, the sum of the
// two tells more than the clock); the first read of a process, with nothing compiled, is shown apart. The 15 reads that follow it
// are still those of a young process: V8 compiles while they run. What this does not show: a network between reader and
// Redis, other load on Redis.
import { parseSelector, targetId } from '@pulsekeeper/model';
import { openStore, type Store } from '@pulsekeeper/store';
import { startRedis } from '@pulsekeeper/test-support';
import { parseArgs } from 'node:util';
import { makeShape, readShapes } from './farm-values.ts';

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '100' },
    series: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '480' },
    bodies: { type: 'string' },
  },
});
const targets = Number(options.targets);
const slots = Number(options.slots);
const intervalMs = 15_000;
const shapes =
  options.bodies === undefined
    ? [1, 2, 3, 4].map((seed) => makeShape(Number(options.series), 64, seed))
    : readShapes(options.bodies);
const lastSlotMs = Math.floor(Date.now() / intervalMs) * intervalMs;
const firstSlotMs = lastSlotMs - (slots - 1) * intervalMs;

const redis = await startRedis();
const writing = openStore({ url: redis.url, collector: 'bench' });
await writing.start();
await fill(writing);
await writing.stop();

const metric = shapes[0]!.schema.labelsAt(0)['__name__']!;
const family = shapes[0]!.schema.labelsAt(0);
const seriesLabels = Object.entries(family)
  .filter(([name]) => name !== '__name__')
  .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  .join(',');
const oneSeries = `${metric}{instance="i0",${seriesLabels}}`;
const small = metric.replace(/_bucket$/, '_sum');
const hourAgoMs = lastSlotMs - 3_600_000;
process.stdout.write(`${''.padEnd(56)}      ms  CPU ms   redis   points\n`);
const reading = openStore({ url: redis.url });
await reading.start();
await show('first read: one series of one target, 1 h', 1, () => count(oneSeries, hourAgoMs));
await show('one series of one target, 1 h', 15, () => count(oneSeries, hourAgoMs));
await show('the same, the 200 reads that follow', 200, () => count(oneSeries, hourAgoMs));
await show('one series of one target, newest 5 minutes', 15, () => count(oneSeries, lastSlotMs - 300_000));
await show('one series of one target, all slots', 5, () => count(oneSeries, firstSlotMs));
await show('one series of each target, 1 h', 5, () => count(`${metric}{${seriesLabels}}`, hourAgoMs));
await show(`metric ${metric}, all targets, 1 h`, 5, () => count(metric, hourAgoMs));
await show(`metric ${small}, all targets, 1 h`, 5, () => count(small, hourAgoMs));
await show('up, all targets, 1 h', 5, () => count('up', hourAgoMs));
await show('all series of one target, 1 h', 5, () => count('{instance="i0"}', hourAgoMs));
await show('label values of one label', 9, async () => (await reading.reader.labelValues('instance')).length);
await show('label values of a label of series', 9, async () => (await reading.reader.labelValues('le')).length);
await show(
  'series of the metric, all targets',
  5,
  async () => (await reading.reader.seriesOf(parseSelector(metric))).length,
);
const fresh = openStore({ url: redis.url });
await fresh.start();
await show(
  'label values of a label of series, no schema known',
  1,
  async () => (await fresh.reader.labelValues('le')).length,
);
await fresh.stop();
await reading.stop();
await redis.stop();

async function fill(store: Store): Promise<void> {
  const writers = Array.from({ length: targets }, (_, index) =>
    store.writer.open({ id: targetId('bench', `i${index}`), labels: { service: 'bench', instance: `i${index}` } }),
  );
  for (let slot = 0; slot < slots; slot++) {
    const slotMs = firstSlotMs + slot * intervalMs;
    await Promise.all(
      writers.map((writer, index) => {
        const shape = shapes[index % shapes.length]!;
        const values = shape.states[(slot + index * 7) % shape.states.length]!;
        const counts = { samplesScraped: values.length, samplesPostRelabel: values.length, seriesAdded: 0 };
        return writer.append({
          slotMs,
          intervalMs,
          timestampMs: slotMs,
          report: { up: true, durationSeconds: 0.012, ...counts, attempts: 1, bodyBytes: 103_000 },
          samples: { schema: shape.schema, values },
        });
      }),
    );
  }
}

/** Reads what a selector selects; @returns the number of points */
async function count(selector: string, fromMs: number): Promise<number> {
  let points = 0;
  for await (const { values } of reading.reader.select(parseSelector(selector), fromMs, lastSlotMs))
    points += values.length;
  return points;
}

async function show(what: string, rounds: number, read: () => Promise<number>): Promise<void> {
  const timesMs: number[] = [];
  let results = 0;
  const redisBefore = await redisCpuMs();
  const cpuBefore = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    results = await read();
    timesMs.push(performance.now() - startedMs);
  }
  const cpu = process.cpuUsage(cpuBefore);
  const redisMs = ((await redisCpuMs()) - redisBefore) / rounds;
  timesMs.sort((left, right) => left - right);
  const median = timesMs[Math.floor(timesMs.length / 2)]!;
  const ownMs = (cpu.user + cpu.system) / 1000 / rounds;
  const figures = [median, ownMs, redisMs].map((value) => value.toFixed(1).padStart(8)).join('');
  process.stdout.write(`${what.padEnd(56)}${figures} ${String(results).padStart(8)}\n`);
}

async function redisCpuMs(): Promise<number> {
  const info = await redis.cli('INFO', 'cpu');
  const seconds = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1000;
}
