// Whether a day of one series is read more cheaply from windows that are sealed series by series than from the stream:
//
//   npm run bench -- sealed [--series 1000] [--slots 5760]
//
// One target at an interval of 15 s is written to a real Redis by the writer. A prototype then codes the same values once more, by
// the codec's own encoder, in windows of 1, 2 and 6 hours: for each series one bit for eight slots in which nothing changed, or
// eight flags, and what changed; in front, four bytes a series with the offset of its bits. A window is one string of Redis, of
// which a reader takes the offset and then the bits of its series. Times are the median of several reads, with the CPU of reader
// and Redis. What this does not show: what sealing costs while targets are written, gaps, failures and times of single samples,
// which a format would have to hold, too.
import { parseSelector, targetId } from '@pulsekeeper/model';
import { openStore } from '@pulsekeeper/store';
import { startRedis } from '@pulsekeeper/test-support';
import { Redis } from 'ioredis';
import { parseArgs } from 'node:util';
import { BitReader } from '../src/codec/bit-reader.ts';
import { ByteWriter } from '../src/codec/byte-writer.ts';
import { decodeFlags } from '../src/codec/change-flags.ts';
import { decodeValues } from '../src/codec/column-decoder.ts';
import { encodeColumns } from '../src/codec/column-encoder.ts';
import { ColumnState } from '../src/codec/column-state.ts';
import { makeShape } from './farm-values.ts';

const { values: options } = parseArgs({
  options: { series: { type: 'string', default: '1000' }, slots: { type: 'string', default: '5760' } },
});
const slots = Number(options.slots);
const intervalMs = 15_000;
const ROUNDS = 15;
const shape = makeShape(Number(options.series), slots, 1);
const lastSlotMs = Math.floor(Date.now() / intervalMs) * intervalMs;
const firstSlotMs = lastSlotMs - (slots - 1) * intervalMs;
/** The columns that are read: one that changes each time, one that changes now and then, and one in a histogram. */
const columns = [5, 480, 700];

const redis = await startRedis();
const store = openStore({ url: redis.url, collector: 'bench' });
await store.start();
await fill();
let frameBytes = 0;
for await (const { sizeBytes } of store.reader.slots(targetId('bench', 'i0'), firstSlotMs, lastSlotMs)) {
  frameBytes += sizeBytes;
}
const client = new Redis(redis.url);
const samples = slots * shape.schema.size;
process.stdout.write(`${''.padEnd(24)}bytes a sample   seal, ms   read: ms   CPU ms    redis\n`);
const selectors = columns.map((column) => shape.schema.keyAt(column));
const selected = await readStream(0);
show('stream of frames', frameBytes / samples, undefined, await measure((round) => readStream(round)));
for (const hours of [1, 2, 6]) {
  const windowSlots = (hours * 3_600_000) / intervalMs;
  const startedMs = process.cpuUsage();
  let bytes = 0;
  for (let from = 0; from < slots; from += windowSlots) {
    const window = seal(from, Math.min(slots, from + windowSlots));
    bytes += window.length;
    await client.set(`sealed:${hours}:${from}`, window);
  }
  const { user, system } = process.cpuUsage(startedMs);
  const found = await readSealed(hours, windowSlots, 0);
  if (Buffer.compare(Buffer.from(found.buffer), Buffer.from(selected.slice().buffer)) !== 0) {
    throw new Error('the windows do not hold what the stream holds');
  }
  const read = await measure((round) => readSealed(hours, windowSlots, round));
  show(`windows of ${hours} h`, bytes / samples, (user + system) / 1000, read);
}
client.disconnect();
await store.stop();
await redis.stop();

async function fill(): Promise<void> {
  const writer = store.writer.open({ id: targetId('bench', 'i0'), labels: { service: 'bench', instance: 'i0' } });
  const size = shape.schema.size;
  const counts = { samplesScraped: size, samplesPostRelabel: size, seriesAdded: 0, attempts: 1, bodyBytes: 103_000 };
  for (const [slot, values] of shape.states.entries()) {
    const slotMs = firstSlotMs + slot * intervalMs;
    const report = { up: true, durationSeconds: 0.012, ...counts };
    await writer.append({ slotMs, intervalMs, timestampMs: slotMs, report, samples: { schema: shape.schema, values } });
  }
}

/** Codes the slots `from` to `to` series by series. */
function seal(from: number, to: number): Buffer {
  const sealed = new ByteWriter();
  const offsets = new Uint32Array(shape.schema.size);
  for (let column = 0; column < offsets.length; column++) {
    offsets[column] = sealed.position;
    const values = Float64Array.from(shape.states.slice(from, to), (state) => state[column]!);
    sealColumn(values, sealed);
  }
  return Buffer.concat([Buffer.from(offsets.buffer), sealed.bytes.subarray(0, sealed.position)]);
}

function sealColumn(values: Float64Array, sealed: ByteWriter): void {
  const state = new ColumnState();
  // What the reader of a block knows: of each block of one column the bits of its value are wanted, and where they end only it can tell.
  const mirror = new ColumnState();
  const block = new ByteWriter(256);
  const reader = new BitReader();
  const flag = Int32Array.of(0);
  state.extend(1);
  mirror.extend(1);
  const put = bitPacker(sealed);
  for (let start = 0; start < values.length; start += 8) {
    let flags = 0;
    for (let at = start; at < Math.min(start + 8, values.length); at++) {
      if (at === 0 || !Object.is(values[at], values[at - 1])) flags |= 1 << (at - start);
    }
    put(flags === 0 ? 0 : 1 | (flags << 1), flags === 0 ? 1 : 9);
    for (; flags !== 0; flags &= flags - 1) {
      const at = start + 31 - Math.clz32(flags & -flags);
      block.position = 0;
      encodeColumns(state, { values: values.subarray(at, at + 1), present: undefined }, block);
      mirror.beginFrame();
      reader.load(block.bytes);
      reader.seek(1);
      decodeFlags(mirror, reader, 0, 1, flag);
      const first = reader.bit;
      decodeValues(mirror, reader, 0, 1, flag);
      const end = reader.bit;
      reader.seek(0);
      reader.skip(first);
      for (let left = end - first; left > 0; left -= 24) put(reader.take(Math.min(left, 24)), Math.min(left, 24));
    }
  }
  put(0, 7);
}

/** Appends bits, the lowest first; those of the last byte that is not full are dropped. */
function bitPacker(bytes: ByteWriter): (value: number, count: number) => void {
  let pending = 0;
  let filled = 0;
  return (value, count) => {
    pending |= value << filled;
    for (filled += count; filled >= 8; filled -= 8) {
      bytes.reserve(1);
      bytes.bytes[bytes.position++] = pending;
      pending >>>= 8;
    }
  };
}

async function readSealed(hours: number, windowSlots: number, round: number): Promise<Float64Array> {
  const column = columns[round % columns.length]!;
  const windows = Array.from({ length: Math.ceil(slots / windowSlots) }, (_, index) => index * windowSlots);
  const head = shape.schema.size * 4;
  const offsets = await Promise.all(
    windows.map((from) => client.getrangeBuffer(`sealed:${hours}:${from}`, column * 4, column * 4 + 7)),
  );
  const runs = await Promise.all(
    windows.map((from, index) => {
      const start = offsets[index]!.readUInt32LE(0);
      const end = offsets[index]!.readUInt32LE(4);
      return client.getrangeBuffer(`sealed:${hours}:${from}`, head + start, head + end - 1);
    }),
  );
  const found = new Float64Array(slots);
  for (const [index, bytes] of runs.entries()) unseal(bytes, found, windows[index]!, windowSlots);
  return found;
}

function unseal(bytes: Buffer, found: Float64Array, from: number, windowSlots: number): void {
  const reader = new BitReader();
  const state = new ColumnState();
  const first = Int32Array.of(1);
  state.extend(1);
  reader.load(bytes);
  const to = Math.min(found.length, from + windowSlots);
  for (let start = from; start < to; start += 8) {
    const flags = reader.take(1) === 0 ? 0 : reader.take(8);
    for (let at = start; at < Math.min(start + 8, to); at++) {
      if ((flags >>> (at - start)) & 1) decodeValues(state, reader, 0, 1, first);
      found[at] = state.values[0]!;
    }
  }
}

async function readStream(round: number): Promise<Float64Array> {
  const key = selectors[round % columns.length]!;
  for await (const { values } of store.reader.select(parseSelector(key), firstSlotMs, lastSlotMs)) return values;
  throw new Error(`${key} is not in the store`);
}

interface Cost {
  readonly ms: number;
  readonly ownMs: number;
  readonly redisMs: number;
}

async function measure(read: (round: number) => Promise<unknown>): Promise<Cost> {
  for (const round of columns.keys()) await read(round);
  const times: number[] = [];
  const redisBefore = await redisCpuMs();
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    await read(round);
    times.push(performance.now() - startedMs);
  }
  const { user, system } = process.cpuUsage(before);
  const redisMs = ((await redisCpuMs()) - redisBefore) / ROUNDS;
  times.sort((left, right) => left - right);
  return { ms: times[times.length >> 1]!, ownMs: (user + system) / 1000 / ROUNDS, redisMs };
}

async function redisCpuMs(): Promise<number> {
  const info = await redis.cli('INFO', 'cpu');
  const seconds = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1000;
}

function show(what: string, bytesASample: number, sealMs: number | undefined, { ms, ownMs, redisMs }: Cost): void {
  const figures = [ms, ownMs, redisMs].map((figure) => figure.toFixed(1).padStart(9)).join('');
  const sealed = (sealMs?.toFixed(0) ?? '').padStart(11);
  process.stdout.write(`${what.padEnd(24)}${bytesASample.toFixed(3).padStart(14)}${sealed} ${figures}\n`);
}
