// How long the commands take on 1,000 and 50,000 targets, from starting the process to its end.
//
// npm run bench -- answer-time [TARGETS…]
//
// Starts a ZooKeeper and a Redis of its own, registers the targets and ten collectors with heartbeats that agree on the
// ring, writes one frame of ten series for each target, and runs the real program: on a cluster that does well, and on
// one in which a tenth of the targets is down. For each command it prints median and least of the CPU time of its process,
// user and system, and of the time on the clock, which other work on the machine prolongs. A command that fails ends the
// benchmark. It does not show the CPU time of the servers, what a network between the machines adds, nor the slower start of
// a process whose files are not yet in the page cache.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { assign } from '@pulsekeeper/hash-ring';
import { createSeriesSchema, phaseMs, slotAtOrBefore, targetId, type TargetId } from '@pulsekeeper/model';
import { CollectorMembership } from '@pulsekeeper/registry';
import { openStore, type Store } from '@pulsekeeper/store';
import { startRedis, startZooKeeper } from '@pulsekeeper/test-support';
import { ZkSession } from '@pulsekeeper/zk-session';

const run = promisify(execFile);
const BINARY = join(import.meta.dirname, '../bin/pulsekeeper.js');
const CPU_USAGE = join(import.meta.dirname, 'cpu-usage.mjs');
const CPU_USAGE_FILE = join(mkdtempSync(join(tmpdir(), 'answer-time-')), 'cpu-ms');
const COMMANDS = [
  ['--version'],
  ['status'],
  ['doctor'],
  ['collectors'],
  ['targets'],
  ['targets', '--json'],
  ['services'],
  ['query', 'up'],
  ['assignments'],
  ['explain', 'service-0/instance-0'],
  ['plan', '--with', '2'],
  ['verify', '--since', '5m'],
];
/** What is slower where more registrations must be read. */
const COMMANDS_WITH_DOWN = [['status'], ['doctor'], ['targets', '--health', 'down'], ['targets', '--json']];
const COLLECTORS = Array.from({ length: 10 }, (_, index) => `collector-${index}`);
/** Every so many-th target is down in the second case. */
const DOWN_EVERY = 10;
const HEARTBEAT_MS = 1000;
const RUNS = 3;
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
rmSync(dirname(CPU_USAGE_FILE), { recursive: true });

async function measure(size: number): Promise<void> {
  const zookeeper = `${zooKeeper.connectString}/bench-${size}`;
  const session = new ZkSession({ connectString: zookeeper, sessionTimeoutMs: 10_000 });
  await session.start();
  const ids = Array.from({ length: size }, (_, index) =>
    targetId(`service-${Math.floor(index / INSTANCES_A_SERVICE)}`, `instance-${index % INSTANCES_A_SERVICE}`),
  );
  await register(session, ids);
  const ring = assign(
    ids,
    COLLECTORS.map((id) => ({ id, capacity: 1 })),
  ).version;
  for (const id of COLLECTORS) {
    await joinAs(session, id, ring);
  }
  await measureCase(`${size} targets`, zookeeper, `bench-${size}`, ids, ring, COMMANDS, () => true);
  const isUp = (index: number): boolean => index % DOWN_EVERY !== 0;
  await measureCase(`${size} targets, 10 % down`, zookeeper, `bench-${size}-down`, ids, ring, COMMANDS_WITH_DOWN, isUp);
  await session.stop();
}

async function measureCase(
  title: string,
  zookeeper: string,
  keyPrefix: string,
  ids: readonly TargetId[],
  ring: string,
  commands: readonly (readonly string[])[],
  isUp: (index: number) => boolean,
): Promise<void> {
  const store = openStore({ url: redis.url, keyPrefix });
  await store.start();
  await write(store, ids, isUp);
  await publishHeartbeats(store, ring, ids.length);
  let beating = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(() => publishHeartbeats(store, ring, ids.length));
  }, HEARTBEAT_MS);
  const env = {
    ...process.env,
    PULSEKEEPER_ZOOKEEPER: zookeeper,
    PULSEKEEPER_REDIS: redis.url,
    PULSEKEEPER_KEY_PREFIX: keyPrefix,
    CPU_USAGE_FILE,
  };
  for (const args of commands) {
    const wall: number[] = [];
    const cpu: number[] = [];
    for (let count = 0; count < RUNS; count += 1) {
      const startedMs = performance.now();
      await runCommand(args, env);
      wall.push(performance.now() - startedMs);
      cpu.push(Number(readFileSync(CPU_USAGE_FILE, 'utf8')));
    }
    const figures = `cpu ms ${showTimes(cpu)}   wall ms ${showTimes(wall)}   load ${(loadavg()[0] ?? 0).toFixed(1)}`;
    process.stdout.write(`${title.padEnd(24)} ${args.join(' ').padEnd(28)} ${figures}\n`);
  }
  clearInterval(timer);
  await beating;
  await store.stop();
}

/** The median and the least. */
function showTimes(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b).map((time) => time.toFixed(0).padStart(6));
  return `${sorted[Math.floor(RUNS / 2)] ?? ''}${sorted[0] ?? ''}`;
}

/** The cluster does well, so nothing but 0 is right; only `verify` may meet slots that came while it was measured. */
async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(process.execPath, ['--import', CPU_USAGE, BINARY, ...args], { env, maxBuffer: 1 << 28 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 1 || args[0] !== 'verify') {
      throw error;
    }
  }
}

async function joinAs(session: ZkSession, id: string, ring: string): Promise<void> {
  const announcement = { id, host: 'bench', statusUrl: 'http://127.0.0.1:1', capacity: 1, version: '0.1.0' };
  const membership = new CollectorMembership({ session, announcement, handoverMs: 0 });
  await membership.start();
  await membership.update({ ring });
}

async function publishHeartbeats(store: Store, ring: string, targetCount: number): Promise<void> {
  const slots = { expected: 60, written: 60, failed: 0, late: 0, missed: 0, doubled: 0, dropped: 0 };
  for (const id of COLLECTORS) {
    const status = {
      id,
      publishedAtMs: Date.now(),
      ring,
      state: 'active',
      zookeeper: 'connected',
      targets: targetCount / COLLECTORS.length,
      samplesPerSecond: 1,
      lagMs: 4,
      clockSkewMs: 0,
      bufferedFrames: 0,
      slots,
      irregular: { count: 0, targets: {} },
      recent: { windowMs: 300_000, slots },
    };
    await store.publishCollectorStatus(id, status, 60_000);
  }
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

async function write(store: Store, ids: readonly TargetId[], isUp: (index: number) => boolean): Promise<void> {
  const keys = Array.from({ length: 10 }, (_, index) => `metric_${index}\n`).join('');
  const schema = createSeriesSchema(new TextEncoder().encode(keys), []);
  const nowMs = Date.now();
  const good = {
    up: true,
    durationSeconds: 0.01,
    samplesScraped: 10,
    samplesPostRelabel: 10,
    seriesAdded: 0,
    attempts: 1,
    bodyBytes: 100,
  };
  const failure = { reason: 'connection_refused', message: 'connect ECONNREFUSED 10.0.0.1:1024' } as const;
  const bad = { ...good, up: false, failure, samplesScraped: 0, samplesPostRelabel: 0, bodyBytes: 0 };
  for (let start = 0; start < ids.length; start += BATCH) {
    await Promise.all(
      ids.slice(start, start + BATCH).map((id, offset) => {
        const [service = '', instance = ''] = id.split('/');
        const writer = store.writer.open({ id, labels: { service, instance } });
        const slotMs = slotAtOrBefore(nowMs, INTERVAL_MS, phaseMs(id, INTERVAL_MS));
        const values = Float64Array.from({ length: 10 }, (_, index) => index);
        return writer.append({
          slotMs,
          intervalMs: INTERVAL_MS,
          timestampMs: slotMs,
          report: isUp(start + offset) ? good : bad,
          samples: isUp(start + offset) ? { schema, values } : undefined,
        });
      }),
    );
  }
}
