// From a change in ZooKeeper to the observer's callback: p50 and p99 of the directory and of the instance watcher.
//
//   node --import tsx packages/registry/bench/directory.bench.ts [changes=300]
//
// One real server, one session that writes, one that observes 10,000 instances of 100 services, all on this machine. The
// time runs from the call that writes to the observer's `changed` event, so it holds the write itself. Changes of
// one list that come closer together than `coalesceMs` wait for it; the last row shows that. It does not show a
// network, an ensemble that has to agree, or a server that syncs to a disk.
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startZooKeeper } from '@pulsekeeper/test-support';
import { serializeInstance, targetId } from '@pulsekeeper/model';
import { Directory, InstanceWatcher, ZkSession } from '../src/index.ts';

const SERVICES = 100;
const INSTANCES = 100;
const changes = Number(process.argv[2] ?? 300);

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function report(title: string, delaysMs: number[]): void {
  delaysMs.sort((a, b) => a - b);
  const [p50, p99, most] = [percentile(delaysMs, 0.5), percentile(delaysMs, 0.99), delaysMs.at(-1) ?? Number.NaN];
  console.log(`| ${title} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${most.toFixed(1)} |`);
}

const server = await startZooKeeper();
const open = async (): Promise<ZkSession> => {
  const session = new ZkSession({ connectString: `${server.connectString}/bench`, operationTimeoutMs: 60_000 });
  await session.start();
  return session;
};
const [writer, reader] = [await open(), await open()];
try {
  for (let service = 0; service < SERVICES; service += 1) {
    const parent = `/services/s${service}`;
    await writer.ensurePath(parent);
    const names = Array.from({ length: INSTANCES }, (_, index) => `${parent}/i${index}`);
    await Promise.all(names.map((path) => writer.create(path, serializeInstance({ address: '10.0.0.1:1' }))));
  }
  const directory = new Directory({ session: reader });
  const startMs = performance.now();
  await directory.start();
  const firstViewMs = performance.now() - startMs;
  const watcher = new InstanceWatcher({ session: reader });
  await watcher.start();
  watcher.setWanted(directory.view.targetIds);
  await watcher.settled();

  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${changes} changes each`);
  console.log(`first view of ${directory.view.targetIds.length} targets: ${firstViewMs.toFixed(0)} ms\n`);
  console.log('| change | p50 ms | p99 ms | most ms |');
  console.log('| --- | ---: | ---: | ---: |');

  const joins: number[] = [];
  for (let index = 0; index < changes; index += 1) {
    const path = `/services/s${index % SERVICES}/joins${index}`;
    const seen = once(directory, 'changed');
    const beganMs = performance.now();
    await Promise.all([writer.create(path, serializeInstance({ address: '10.0.0.1:1' })), seen]);
    joins.push(performance.now() - beganMs);
    await delay(2);
  }
  report('an instance joins, its service was quiet', joins);

  const updates: number[] = [];
  for (let index = 0; index < changes; index += 1) {
    const id = targetId(`s${index % SERVICES}`, `i${Math.floor(index / SERVICES)}`);
    const seen = once(watcher, 'changed');
    const beganMs = performance.now();
    const data = serializeInstance({ address: { host: '10.0.0.2', port: 1 + index } });
    await Promise.all([writer.setData(`/services/${id}`, data), seen]);
    updates.push(performance.now() - beganMs);
    await delay(2);
  }
  report('the data of a wanted instance changes', updates);

  const storm: number[] = [];
  const beganAtMs = new Map<string, number>();
  directory.on('changed', (_view, { addedTargets }) => {
    for (const id of addedTargets) storm.push(performance.now() - (beganAtMs.get(id) ?? Number.NaN));
  });
  for (let index = 0; index < changes; index += 1) {
    beganAtMs.set(`s0/storm${index}`, performance.now());
    await writer.create(`/services/s0/storm${index}`, Buffer.alloc(0));
    await delay(5);
  }
  while (storm.length < changes) await delay(10);
  report('an instance joins, one every 5 ms in the same service', storm);
  await Promise.all([directory.stop(), watcher.stop()]);
} finally {
  await Promise.all([writer.stop(), reader.stop()]);
  await server.stop();
}
