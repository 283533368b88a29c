import { serializeInstance } from '@pulsekeeper/model';
import { atFullLength, eventually, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { Directory, registerInstance, type Registration, type ZkSession } from '../../src/index.ts';
import { openSession, useZooKeeper } from './sessions.ts';

const SESSIONS = 10;
/** Instances of a rolling restart, over two services. */
const RESTARTED = atFullLength(5000, 1000);

describe('a directory of many instances', function () {
  this.timeout(atFullLength(180_000, 60_000));
  const { cluster } = useZooKeeper();

  async function openSessions(connectString: string): Promise<ZkSession[]> {
    return Promise.all(
      Array.from({ length: SESSIONS }, () => openSession(connectString, { operationTimeoutMs: 30_000 })),
    );
  }

  async function openObservers(connectString: string, count: number): Promise<Directory[]> {
    const observers = await Promise.all(
      Array.from({ length: count }, async () => new Directory({ session: await openSession(connectString) })),
    );
    await Promise.all(observers.map((observer) => observer.start()));
    return observers;
  }

  function registrations(sessions: readonly ZkSession[], services: number, perService: number): Registration[] {
    return Array.from({ length: services * perService }, (_, index) => {
      const instanceKey = `host-${index}/${index}/x`;
      const data = serializeInstance({ address: { host: '10.0.0.1', port: 1 + (index % 60_000) }, instanceKey });
      const [service, instance] = [`service-${index % services}`, `host-${index}:9100`];
      return registerInstance(sessions[index % SESSIONS]!, { service, instance, data, instanceKey });
    });
  }

  it('shows 10,000 instances that register at once to 3 observers within 10 s, and their leaving within 2 s', async () => {
    const connectString = cluster.freshConnectString();
    const [observers, sessions] = [await openObservers(connectString, 3), await openSessions(connectString)];
    const all = registrations(sessions, 50, 200);
    const startMs = performance.now();
    await Promise.all(all.map((registration) => registration.start()));
    const registeredMs = performance.now() - startMs;
    await eventually(() => {
      for (const { view } of observers) expect(view.targetIds).to.have.length(10_000);
    });
    const visibleMs = performance.now() - startMs;
    const reads = observers.map(({ stats }) => stats.reads);
    const leavingMs = performance.now();
    await Promise.all(sessions.map((session) => session.stop()));
    await eventually(() => {
      for (const { view } of observers) expect(view.targetIds).to.have.length(0);
    });
    const goneMs = performance.now() - leavingMs;
    await Promise.all(observers.map((observer) => observer.stop()));
    console.log(
      `      registered in ${Math.round(registeredMs)} ms, visible to all after ${Math.round(visibleMs)} ms ` +
        `(${reads.join(', ')} reads), gone ${Math.round(goneMs)} ms after their sessions closed`,
    );
    expect(visibleMs).to.be.below(10_000 * timeFactor);
    expect(goneMs).to.be.below(2000 * timeFactor);
  });

  it(`costs an observer a bounded number of reads per second while ${RESTARTED} instances restart one after the other`, async () => {
    const connectString = cluster.freshConnectString();
    const [[observer], sessions] = [await openObservers(connectString, 1), await openSessions(connectString)];
    const all = registrations(sessions, 2, RESTARTED / 2);
    await Promise.all(all.map((registration) => registration.start()));
    await eventually(() => expect(observer!.view.targetIds).to.have.length(RESTARTED));
    const before = observer!.stats.reads;
    const startMs = performance.now();
    for (const registration of all) await registration.close();
    const restarted = registrations(sessions, 2, RESTARTED / 2);
    for (const registration of restarted) await registration.start();
    const elapsedMs = performance.now() - startMs;
    await eventually(() => expect(observer!.view.targetIds).to.have.length(RESTARTED));
    const reads = observer!.stats.reads - before;
    // Two services, each listed at most once per 100 ms, and a few for the end.
    expect(reads).to.be.at.most((2 * elapsedMs) / 100 + 6);
    console.log(`      ${reads} reads for ${2 * RESTARTED} changes in ${Math.round(elapsedMs)} ms`);
    await observer!.stop();
    await Promise.all(sessions.map((session) => session.stop()));
  });

  it('does bounded work for an instance that flaps, and ends with the truth', async () => {
    const connectString = cluster.freshConnectString();
    const [[observer], session] = [await openObservers(connectString, 1), await openSession(connectString)];
    await session.ensurePath('/services/db');
    const before = observer!.stats.reads;
    const startMs = performance.now();
    for (let round = 0; round < 500; round += 1) {
      await session.create('/services/db/flap', Buffer.alloc(0), { ephemeral: true });
      await session.remove('/services/db/flap');
    }
    await session.create('/services/db/flap', Buffer.alloc(0), { ephemeral: true });
    const elapsedMs = performance.now() - startMs;
    await eventually(() => expect(observer!.view.targetIds).to.deep.equal(['db/flap']));
    expect(observer!.stats.reads - before).to.be.at.most(elapsedMs / 100 + 8);
    await observer!.stop();
  });
});
