// What a rolling restart costs an observer: re-lists per second while 5,000 instances go and come back.
//
//   npm run bench -- rolling-restart [INSTANCES]
//
// One real server, ten sessions that register, one that observes, all on this machine. At most 64 instances are on their
// way at a time: each withdraws, and registers again once it is gone. The instances are in one service, in 50 and in
// 1,000; the bound is 10 lists a second and service (`coalesceMs` 100), and 1,000 a second over all
// (`maxReadsPerSecond`) after a burst of as many. It does not show a network or an ensemble that has to agree.
import { cpus } from 'node:os';

import { eventually, startZooKeeper } from '@pulsekeeper/test-support';

import { Directory, registerInstance, serializeInstance, ZkSession, type Registration } from '../src/index.ts';

const INSTANCES = Number(process.argv[2] ?? 5_000);
const SESSIONS = 10;
const AT_ONCE = 64;

interface Outcome {
  readonly seconds: number;
  readonly reads: number;
  readonly mostReadsInOneSecond: number;
  readonly views: number;
  readonly settledMs: number;
}

/** Samples the count of reads, and keeps the most that fell into any second. */
class ReadMeter {
  readonly #directory: Directory;
  readonly #samples: { readonly atMs: number; readonly reads: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  most = 0;

  constructor(directory: Directory) {
    this.#directory = directory;
    this.sample();
    this.#timer = setInterval(() => this.sample(), 20);
  }

  sample(): void {
    const now = { atMs: performance.now(), reads: this.#directory.stats.reads };
    this.#samples.push(now);
    while (now.atMs - (this.#samples[0]?.atMs ?? now.atMs) > 1_000) this.#samples.shift();
    this.most = Math.max(this.most, now.reads - (this.#samples[0]?.reads ?? now.reads));
  }

  stop(): void {
    this.sample();
    clearInterval(this.#timer);
  }
}

async function restartAll(connectString: string, services: number): Promise<Outcome> {
  const open = async (): Promise<ZkSession> => {
    const session = new ZkSession({ connectString, operationTimeoutMs: 60_000 });
    await session.start();
    return session;
  };
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, open));
  const observer = await open();
  const register = async (index: number): Promise<Registration> => {
    const instanceKey = `host-${index}/${index}/x`;
    const session = sessions[index % SESSIONS];
    if (session === undefined) throw new TypeError('there are no sessions');
    const registration = registerInstance(session, {
      service: `service-${index % services}`,
      instance: `host-${index}:9100`,
      data: serializeInstance({ address: '10.0.0.1:9100', instanceKey }),
      instanceKey,
    });
    await registration.start();
    return registration;
  };
  const standing = await Promise.all(Array.from({ length: INSTANCES }, (_, index) => register(index)));
  const directory = new Directory({ session: observer });
  await directory.start();
  let views = 0;
  directory.on('changed', () => (views += 1));
  const readsBefore = directory.stats.reads;
  const meter = new ReadMeter(directory);
  const startMs = performance.now();
  let next = 0;
  const restartSome = async (): Promise<void> => {
    for (let index = next++; index < INSTANCES; index = next++) {
      await standing[index]?.close();
      standing[index] = await register(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, restartSome));
  const endMs = performance.now();
  await eventually(() => directory.view.targetIds.length === INSTANCES, { timeoutMs: 60_000, intervalMs: 1 });
  const settledMs = performance.now() - endMs;
  meter.stop();
  const reads = directory.stats.reads - readsBefore;
  await directory.stop();
  await Promise.all([observer, ...sessions].map((session) => session.stop()));
  return { seconds: (endMs - startMs) / 1000, reads, mostReadsInOneSecond: meter.most, views, settledMs };
}

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; ${INSTANCES} instances\n`);
console.log('| services | restart takes | lists read | a second | most in a second | views | up to date after |');
console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const services of [1, 50, 1_000]) {
  const server = await startZooKeeper();
  const { seconds, reads, mostReadsInOneSecond, views, settledMs } = await restartAll(
    `${server.connectString}/bench`,
    services,
  );
  console.log(
    `| ${services} | ${seconds.toFixed(1)} s | ${reads} | ${(reads / seconds).toFixed(0)} | ${mostReadsInOneSecond} | ` +
      `${views} | ${settledMs.toFixed(0)} ms |`,
  );
  await server.stop();
}
