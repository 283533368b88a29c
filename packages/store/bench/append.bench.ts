// Bytes a sample in Redis, and CPU time an append, of the collector's side and of Redis:
//
//   npx tsc -b packages/store packages/test-support && node --import tsx packages/store/bench/append.bench.ts
//     [--targets 100] [--series 1000] [--slots 240] [--bodies FOLDER] [--alone]
//
// Frames of `farm-values.ts` (or of saved bodies) go through the built package (dist) to a real Redis of its own. Bytes are
// the growth of `used_memory`, everything included: streams, schemas, index. All targets of a slot come in one turn of the
// event loop; with `--alone` each append waits for the one before, so that every call carries one frame. What this does not
// show: what a collector does beside appending; caches made cold by it; a network.
import { openStore, type Frame, type Store } from '@pulsekeeper/store';
import { targetId } from '@pulsekeeper/model';
import { startRedis, type RedisServer } from '@pulsekeeper/test-support';
import { parseArgs } from 'node:util';
import { changedFraction, makeShape, readShapes } from './farm-values.ts';

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '100' },
    series: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '240' },
    bodies: { type: 'string' },
    alone: { type: 'boolean', default: false },
    intervalMs: { type: 'string', default: '15000' },
  },
});
const targets = Number(options.targets);
const slots = Number(options.slots);
const intervalMs = Number(options.intervalMs);
const shapes =
  options.bodies === undefined
    ? [1, 2, 3, 4].map((seed) => makeShape(Number(options.series), Math.max(64, slots), seed))
    : readShapes(options.bodies);
const firstSlotMs = Math.floor(Date.now() / intervalMs) * intervalMs - slots * intervalMs;

const redis = await startRedis();
const store = openStore({ url: redis.url, collector: 'bench' });
await store.start();
const before = await look(redis);
const writers = Array.from({ length: targets }, (_, index) => {
  const id = targetId('bench', `i${index}`);
  return store.writer.open({ id, labels: { service: 'bench', instance: `i${index}` } });
});
let samples = 0;
// CPU time counts from the second half on, when the code is compiled; bytes count from the start.
const warmUpSlots = Math.floor(slots / 2);
for (let slot = 0; slot < warmUpSlots; slot++) await appendSlot(store, slot);
const middle = await look(redis);
const cpuBefore = process.cpuUsage();
for (let slot = warmUpSlots; slot < slots; slot++) await appendSlot(store, slot);
const cpu = process.cpuUsage(cpuBefore);
const after = await look(redis);
const countedFrames = targets * (slots - warmUpSlots);
const frames = targets * slots;
const changed = shapes.reduce((sum, shape) => sum + changedFraction(shape), 0) / shapes.length;
print('values that change', `${(changed * 100).toFixed(1)} %`);
print('frames', `${frames} of ${samples / frames} series`);
print('bytes a sample in redis', ((after.usedBytes - before.usedBytes) / samples).toFixed(3));
print('bytes a sample encoded', (store.health().writtenBytes / samples).toFixed(3));
print(
  'collector CPU an append',
  `${((cpu.user + cpu.system) / countedFrames).toFixed(1)} µs (encode, client, promises, this loop)`,
);
print(
  'redis CPU an append',
  `${((after.cpuMicros - middle.cpuMicros) / countedFrames).toFixed(1)} µs (of which commands ${((after.commandMicros - middle.commandMicros) / countedFrames).toFixed(1)})`,
);
await store.stop();
await redis.stop();

async function appendSlot(_store: Store, slot: number): Promise<void> {
  const outcomes: Promise<unknown>[] = [];
  for (const [index, writer] of writers.entries()) {
    const shape = shapes[index % shapes.length]!;
    // Targets of one shape are at different states, as processes of different ages are.
    const values = shape.states[(slot + index * 7) % shape.states.length]!;
    samples += values.length;
    const outcome = writer.append(frameOf(slot, shape.schema, values));
    if (options.alone) await outcome;
    else outcomes.push(outcome);
  }
  await Promise.all(outcomes);
}

function frameOf(slot: number, schema: NonNullable<Frame['samples']>['schema'], values: Float64Array): Frame {
  const slotMs = firstSlotMs + slot * intervalMs;
  return {
    slotMs,
    intervalMs,
    timestampMs: slotMs,
    report: {
      up: true,
      durationSeconds: Math.random() / 10,
      samplesScraped: values.length,
      samplesPostRelabel: values.length,
      seriesAdded: 0,
      attempts: 1,
      bodyBytes: 103_000 + Math.floor(Math.random() * 100),
    },
    samples: { schema, values },
  };
}

async function look(server: RedisServer): Promise<{ usedBytes: number; cpuMicros: number; commandMicros: number }> {
  const info = await server.cli('INFO', 'everything');
  const number = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  const commands = [...info.matchAll(/^cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/gm)];
  return {
    usedBytes: number('used_memory'),
    cpuMicros: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
    commandMicros: commands.reduce((sum, match) => sum + Number(match[1]), 0),
  };
}

function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(28)} ${figure}\n`);
}
