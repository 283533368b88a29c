// CPU time a sample of the driver `timeseries`, of the collector's side and of Redis, beside plain TS.MADD:
//
//   npx tsc -b packages/store packages/test-support && node --import tsx packages/store/bench/timeseries.bench.ts
//     [--targets 20] [--series 1000] [--slots 60] [--chunkBytes 256]
//
// Needs a Redis with the TS.* commands: PULSEKEEPER_TEST_TIMESERIES_MODULE, the path of a module file that a private server
// loads, or PULSEKEEPER_TEST_TIMESERIES_URL, a server that nobody else uses meanwhile. Frames of `farm-values.ts` go through
// the built package (dist). The minimal client writes as many samples to keys like those, made beforehand, as TS.MADD of 512
// by a socket, its bytes made beforehand, too: what it costs the server is the price of the module alone. Server CPU is from
// INFO, all threads; the driver's has the slots' records in it. What this does not show: parsing and scraping; a network;
// persistence; compactions.
import { targetId } from '@pulsekeeper/model';
import { openStore, type Frame, type FrameSamples } from '@pulsekeeper/store';
import { startTimeseriesRedis } from '@pulsekeeper/test-support';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { changedFraction, makeShape } from './farm-values.ts';
import { MinimalClient, packed } from './minimal-client.ts';

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '20' },
    series: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '60' },
    chunkBytes: { type: 'string', default: '256' },
  },
});
const INTERVAL_MS = 15_000;
const SLOTS_OF_ROUND = 10;
const targets = Number(options.targets);
const slots = Number(options.slots);
const shapes = [1, 2, 3, 4].map((seed) => makeShape(Number(options.series), Math.max(64, slots), seed));
const firstSlotMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS - slots * INTERVAL_MS;
const warmUpSlots = Math.floor(slots / 3);

/** CPU time of this process a sample, round by round: under load the least tells most. */
class Rounds {
  readonly #micros: number[] = [];

  /** @param run - resolves with how many samples it was about */
  async measure(run: () => Promise<number>): Promise<void> {
    const before = process.cpuUsage();
    const samples = await run();
    const { user, system } = process.cpuUsage(before);
    this.#micros.push((user + system) / samples);
  }

  get text(): string {
    return `least of ${this.#micros.length} rounds ${Math.min(...this.#micros).toFixed(3)}`;
  }
}

const redis = await startTimeseriesRedis();
if (redis === undefined) {
  process.stdout.write(
    'not measured: no Redis with time series is given. Set PULSEKEEPER_TEST_TIMESERIES_MODULE to a module file, or\n' +
      'PULSEKEEPER_TEST_TIMESERIES_URL to a server of Redis 8 or with the module.\n',
  );
} else {
  const { hostname, port } = new URL(redis.url);
  const client = new MinimalClient(connect(Number(port), hostname));
  const about = await client.ask(['INFO']);
  const module = /^module:name=timeseries,ver=(\d+)/m.exec(about)?.[1] ?? 'built in';
  print('server', `Redis ${/^redis_version:(\S+)/m.exec(about)?.[1] ?? '?'}, module ${module}`);
  const changed = shapes.reduce((sum, shape) => sum + changedFraction(shape), 0) / shapes.length;
  print('values that change', `${(changed * 100).toFixed(1)} %`);
  await measureDriver(redis.url, client);
  await measureMinimal(client);
  client.close();
  await redis.stop();
}

async function measureDriver(url: string, client: MinimalClient): Promise<void> {
  const keyPrefix = `bench-${process.pid}`;
  const timeseries = { chunkBytes: Number(options.chunkBytes) };
  const store = openStore({
    url,
    driver: 'timeseries',
    collector: 'bench',
    keyPrefix,
    timeseries,
    retentionMs: 3_600_000,
  });
  await store.start();
  const writers = Array.from({ length: targets }, (_, index) => {
    const id = targetId('bench', `i${index}`);
    return store.writer.open({ id, labels: { service: 'bench', instance: `i${index}` }, downsample: [] });
  });
  const before = await look(client);
  await appendSlots(0, 1);
  const created = await look(client);
  const series = store.health().timeseries?.createdSeries ?? 0;
  print('series', `${series} of ${targets} targets`);
  print('redis CPU a new series', `${((created.cpuMicros - before.cpuMicros) / series).toFixed(1)} µs`);
  print('redis bytes a new series', `${Math.round((created.usedBytes - before.usedBytes) / series)}`);
  await appendSlots(1, warmUpSlots);
  const written = (): number => store.health().timeseries?.samples ?? 0;
  const [middle, samplesBefore, cpuBefore] = [await look(client), written(), process.cpuUsage()];
  const rounds = new Rounds();
  for (let slot = warmUpSlots; slot < slots; slot += SLOTS_OF_ROUND) {
    const before = written();
    await rounds.measure(async () => {
      await appendSlots(slot, Math.min(slots, slot + SLOTS_OF_ROUND));
      return written() - before;
    });
  }
  const cpu = process.cpuUsage(cpuBefore);
  const after = await look(client);
  const samples = written() - samplesBefore;
  print('samples counted', `${samples}`);
  print(
    'collector CPU a sample',
    `${((cpu.user + cpu.system) / samples).toFixed(3)} µs (encode, replay, client, this loop; ${rounds.text})`,
  );
  print(
    'redis CPU a sample',
    `${((after.cpuMicros - middle.cpuMicros) / samples).toFixed(3)} µs (of which TS.MADD ${((after.maddMicros - middle.maddMicros) / samples).toFixed(3)})`,
  );
  print('redis bytes a sample', ((after.usedBytes - middle.usedBytes) / samples).toFixed(2));
  await store.stop();

  async function appendSlots(from: number, to: number): Promise<void> {
    for (let slot = from; slot < to; slot++) {
      await Promise.all(writers.map((writer, target) => writer.append(frameOf(slot, samplesOf(slot, target)))));
    }
  }
}

/** As many samples of the same values, to keys of the same length, from bytes that are ready. */
async function measureMinimal(client: MinimalClient): Promise<void> {
  const prefix = `bench-${process.pid}-plain`;
  const commands: Buffer[][] = [];
  let samples = 0;
  for (let slot = warmUpSlots - 1; slot < slots; slot++) {
    const ofSlot: Buffer[] = [];
    let args: string[] = [];
    const flush = (): void => {
      if (args.length > 0) ofSlot.push(packed(['TS.MADD', ...args]));
      args = [];
    };
    for (let target = 0; target < targets; target++) {
      const { schema, values } = samplesOf(slot, target);
      for (let index = 0; index < values.length; index++) {
        args.push(
          `${prefix}:{bench/i${target}}:ts:${schema.keyAt(index)}`,
          String(slotAt(slot)),
          String(values[index]),
        );
        if (args.length === 3 * 512) flush();
        if (slot >= warmUpSlots) samples++;
      }
    }
    flush();
    commands.push(ofSlot);
  }
  const creations: Buffer[] = [];
  for (let target = 0; target < targets; target++) {
    const { schema } = samplesOf(0, target);
    for (let index = 0; index < schema.size; index++) {
      const key = `${prefix}:{bench/i${target}}:ts:${schema.keyAt(index)}`;
      const labels = ['LABELS', '__name__', `m${index}`, 'service', 'bench', 'instance', `i${target}`];
      creations.push(
        packed([
          'TS.CREATE',
          key,
          'RETENTION',
          '3600000',
          'CHUNK_SIZE',
          options.chunkBytes,
          'DUPLICATE_POLICY',
          'FIRST',
          ...labels,
        ]),
      );
    }
  }
  await client.send(creations);
  await client.send(commands[0] ?? []);
  const before = await look(client);
  const cpuBefore = process.cpuUsage();
  const rounds = new Rounds();
  for (let slot = 1; slot < commands.length; slot += SLOTS_OF_ROUND) {
    const ofRound = commands.slice(slot, slot + SLOTS_OF_ROUND);
    await rounds.measure(async () => {
      for (const ofSlot of ofRound) await client.send(ofSlot);
      return (samples * ofRound.length) / (commands.length - 1);
    });
  }
  const cpu = process.cpuUsage(cpuBefore);
  const after = await look(client);
  print(
    'minimal client: its CPU',
    `${((cpu.user + cpu.system) / samples).toFixed(3)} µs a sample (bytes ready beforehand; ${rounds.text})`,
  );
  print(
    'minimal client: redis CPU',
    `${((after.cpuMicros - before.cpuMicros) / samples).toFixed(3)} µs a sample (of which TS.MADD ${((after.maddMicros - before.maddMicros) / samples).toFixed(3)})`,
  );
}

async function look(client: MinimalClient): Promise<{ cpuMicros: number; maddMicros: number; usedBytes: number }> {
  const info = await client.ask(['INFO', 'everything']);
  const number = (pattern: RegExp): number => Number(pattern.exec(info)?.[1] ?? 0);
  return {
    cpuMicros: (number(/^used_cpu_user:([\d.]+)/m) + number(/^used_cpu_sys:([\d.]+)/m)) * 1e6,
    maddMicros: number(/^cmdstat_ts\.madd:calls=\d+,usec=(\d+)/im),
    usedBytes: number(/^used_memory:(\d+)/m),
  };
}

function slotAt(slot: number): number {
  return firstSlotMs + slot * INTERVAL_MS;
}

function samplesOf(slot: number, target: number): FrameSamples {
  const shape = shapes[target % shapes.length]!;
  return { schema: shape.schema, values: shape.states[(slot + target * 7) % shape.states.length]! };
}

function frameOf(slot: number, samples: FrameSamples): Frame {
  const counts = { samplesScraped: samples.values.length, samplesPostRelabel: samples.values.length, seriesAdded: 0 };
  return {
    slotMs: slotAt(slot),
    intervalMs: INTERVAL_MS,
    timestampMs: slotAt(slot),
    report: { up: true, durationSeconds: 0.01 + (slot % 7) / 1000, ...counts, attempts: 1, bodyBytes: 103_000 },
    samples,
  };
}

function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(28)} ${figure}\n`);
}
