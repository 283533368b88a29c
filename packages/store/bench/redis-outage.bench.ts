// Ten minutes without Redis at 100,000 samples a second: do they fit the buffer, what memory do they take, and how fast do they drain?
//
//   npx tsc -b packages/store packages/test-support && node --import tsx packages/store/bench/redis-outage.bench.ts
//     [--targets 100] [--minutes 10] [--intervalMs 1000] [--bufferMiB 256]
//
// The same frames as the outage would give (by default 60,000 of 1,000 series) are appended as fast as they can be encoded while
// Redis is killed; then it is started again. With a small buffer it overflows, and what is dropped is encoded again: that memory is
// seen, too. What this does not show: the time itself, and what a collector does beside.
import { targetId } from '@pulsekeeper/model';
import { openStore } from '@pulsekeeper/store';
import { startRedis } from '@pulsekeeper/test-support';
import { parseArgs } from 'node:util';
import { makeShape } from './farm-values.ts';

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '10' },
    intervalMs: { type: 'string', default: '1000' },
    bufferMiB: { type: 'string', default: '256' },
  },
});
const targets = Number(options.targets);
const intervalMs = Number(options.intervalMs);
const slots = Math.round((Number(options.minutes) * 60_000) / intervalMs);
const shapes = [1, 2, 3, 4].map((seed) => makeShape(1000, 64, seed));
const firstSlotMs = Math.floor(Date.now() / intervalMs) * intervalMs - (slots + 1) * intervalMs;

const redis = await startRedis({ appendonly: true });
const bufferBytes = Number(options.bufferMiB) * 1024 * 1024;
const store = openStore({ url: redis.url, collector: 'bench', bufferBytes });
await store.start();
const writers = Array.from({ length: targets }, (_, index) =>
  store.writer.open({ id: targetId('bench', `i${index}`), labels: { service: 'bench', instance: `i${index}` } }),
);
await Promise.all(appendSlot(0));
await redis.kill();
const before = process.memoryUsage().rss;
const outcomes: Promise<string>[] = [];
let most = before;
for (let slot = 1; slot <= slots; slot++) {
  outcomes.push(...appendSlot(slot));
  await new Promise((resolve) => setImmediate(resolve));
  if (slot % 10 === 0) most = Math.max(most, process.memoryUsage().rss);
}
const { bufferedFrames, bufferedBytes, droppedFrames } = store.health();
const memory = most - before;
await redis.start();
const startedMs = performance.now();
const ends = await Promise.all(outcomes);
const seconds = (performance.now() - startedMs) / 1000;
print('frames appended while away', `${targets * slots}`);
print('waiting', `${bufferedFrames} frames, ${mebibytes(bufferedBytes)} of the buffer's ${options.bufferMiB} MiB`);
print('dropped', `${droppedFrames}`);
print('most growth of the process', `${mebibytes(memory)}, the promises of this loop among it`);
print('drained', `${ends.length} frames in ${seconds.toFixed(1)} s, ${Math.round(ends.length / seconds)} a second`);
print('written', `${ends.filter((end) => end === 'written').length}`);
await store.stop();
await redis.stop();

function appendSlot(slot: number): Promise<string>[] {
  const slotMs = firstSlotMs + slot * intervalMs;
  return writers.map((writer, index) => {
    const { schema, states } = shapes[index % shapes.length]!;
    const values = states[(slot + index * 7) % states.length]!;
    const counts = { samplesScraped: values.length, samplesPostRelabel: values.length, seriesAdded: 0 };
    const report = { up: true, durationSeconds: 0.012, ...counts, attempts: 1, bodyBytes: 103_000 };
    return writer.append({ slotMs, intervalMs, timestampMs: slotMs, report, samples: { schema, values } });
  });
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(28)} ${figure}\n`);
}
