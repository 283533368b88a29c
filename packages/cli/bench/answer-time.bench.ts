// How long the commands take on 1,000 and 50,000 targets, from starting the process to its end.
//
// npm run bench -- answer-time [TARGETS…]
//
// Starts a ZooKeeper and a Redis of its own, registers the targets, writes one frame of ten series for each, and runs
// the real program. It does not show what a network between the machines adds, nor the slower start of a process whose
// files are not yet in the page cache.
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { createSeriesSchema, targetId } from '@pulsekeeper/model';
import { openStore } from '@pulsekeeper/store';
import { startRedis, startZooKeeper } from '@pulsekeeper/test-support';
import { ZkSession } from '@pulsekeeper/zk-session';

const run = promisify(execFile);
const BINARY = join(import.meta.dirname, '../bin/pulsekeeper.js');
const COMMANDS = [
  ['status'],
  ['targets'],
  ['targets', '--json'],
  ['services'],
  ['query', 'up'],
  ['assignments'],
  ['plan', '--with', '2'],
  ['verify', '--since', '5m'],
];
const RUNS = 5;
const INSTANCES_A_SERVICE = 50;
const BATCH = 500;
/** Long, so that the one frame of each target stays fresh while everything is measured: a cluster that does well. */
const INTERVAL_MS = 600_000;

const sizes = process.argv.slice(2).map(Number);
const zooKeeper = await startZooKeeper({ heapMb: 512 });
const redis = await startRedis();
process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`);
for (const size of sizes.length === 0 ? [1000, 50_000] : sizes) {
  await measure(size);
}
await redis.stop();
await zooKeeper.stop();

async function measure(size: number): Promise<void> {
  const zookeeper = `${zooKeeper.connectString}/bench-${size}`;
  const session = new ZkSession({ connectString: zookeeper, sessionTimeoutMs: 10_000 });
  await session.start();
  const ids = Array.from({ length: size }, (_, index) =>
    targetId(`service-${Math.floor(index / INSTANCES_A_SERVICE)}`, `instance-${index % INSTANCES_A_SERVICE}`),
  );
  await register(session, ids);
  await write(`bench-${size}`, ids);
  const env = {
    ...process.env,
    PULSEKEEPER_ZOOKEEPER: zookeeper,
    PULSEKEEPER_REDIS: redis.url,
    PULSEKEEPER_KEY_PREFIX: `bench-${size}`,
  };
  for (const args of COMMANDS) {
    const times: number[] = [];
    for (let count = 0; count < RUNS; count += 1) {
      const startedMs = performance.now();
      // status and verify exit with 1 here: there is no collector.
      await run(process.execPath, [BINARY, ...args], { env, maxBuffer: 1 << 28 }).catch(() => undefined);
      times.push(performance.now() - startedMs);
    }
    times.sort((a, b) => a - b);
    const median = times[Math.floor(RUNS / 2)] ?? 0;
    process.stdout.write(
      `${size} targets  ${args.join(' ').padEnd(20)} median ${median.toFixed(0)} ms, least ${(times[0] ?? 0).toFixed(0)} ms\n`,
    );
  }
  await session.stop();
}

/** As persistent znodes, which the commands cannot tell apart: one session may not own 50,000 ephemerals. */
async function register(session: ZkSession, ids: readonly string[]): Promise<void> {
  const services = new Set(ids.map((id) => id.slice(0, id.indexOf('/'))));
  for (const service of services) {
    await session.ensurePath(`/services/${service}`);
  }
  for (let start = 0; start < ids.length; start += BATCH) {
    await Promise.all(
      ids.slice(start, start + BATCH).map((id, index) => {
        const data = JSON.stringify({ address: `10.0.0.1:${1024 + ((start + index) % 60_000)}`, interval: '10m' });
        return session.create(`/services/${id}`, new TextEncoder().encode(data));
      }),
    );
  }
}

async function write(keyPrefix: string, ids: readonly ReturnType<typeof targetId>[]): Promise<void> {
  const store = openStore({ url: redis.url, keyPrefix });
  await store.start();
  const keys = Array.from({ length: 10 }, (_, index) => `metric_${index}\n`).join('');
  const schema = createSeriesSchema(new TextEncoder().encode(keys), []);
  const slotMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
  const report = {
    up: true,
    durationSeconds: 0.01,
    samplesScraped: 10,
    samplesPostRelabel: 10,
    seriesAdded: 0,
    attempts: 1,
    bodyBytes: 100,
  };
  for (let start = 0; start < ids.length; start += BATCH) {
    await Promise.all(
      ids.slice(start, start + BATCH).map((id) => {
        const [service = '', instance = ''] = id.split('/');
        const writer = store.writer.open({ id, labels: { service, instance } });
        return writer.append({
          slotMs,
          intervalMs: INTERVAL_MS,
          timestampMs: slotMs,
          report,
          samples: { schema, values: Float64Array.from({ length: 10 }, (_, index) => index) },
        });
      }),
    );
  }
  await store.stop();
}
