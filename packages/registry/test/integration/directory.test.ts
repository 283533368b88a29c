import { serializeInstance, targetId, type TargetId } from '@pulsekeeper/model';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import {
  CollectorMembership,
  Directory,
  InstanceWatcher,
  readCluster,
  readRule,
  registerInstance,
  writeRule,
  ZNODES,
  type DirectoryOptions,
} from '../../src/index.ts';
import { badInstancePayloads } from './bad-payloads.ts';
import { openSession, useZooKeeper } from './sessions.ts';

describe('a directory on ZooKeeper', () => {
  const { cluster, server } = useZooKeeper();

  async function start(connectString: string, options: Partial<DirectoryOptions> = {}): Promise<Directory> {
    const directory = new Directory({ session: await openSession(connectString), ...options });
    await directory.start();
    return directory;
  }

  for (const mode of ['watch', 'poll'] as const) {
    it(`follows instances, rules, defaults and collectors in ${mode} mode`, async () => {
      const connectString = cluster.freshConnectString();
      const directory = await start(connectString, { mode, pollIntervalMs: 50 });
      const session = await openSession(connectString);
      const data = serializeInstance({ address: '10.0.0.1:9100', instanceKey: 'k' });
      const registration = registerInstance(session, { service: 'db', instance: 'a', data, instanceKey: 'k' });
      await registration.start();
      await writeRule(session, { kind: 'service', service: 'db' }, Buffer.from('{"interval":"5s"}'), {
        expectedVersion: (await readRule(session, { kind: 'service', service: 'db' })).version,
      });
      await writeRule(session, { kind: 'defaults' }, Buffer.from('{"retries":0}'), { expectedVersion: undefined });
      const membership = new CollectorMembership({
        session,
        announcement: { id: 'c1', host: 'h', statusUrl: 'http://127.0.0.1:1', capacity: 1, version: '0' },
      });
      await membership.start();
      await eventually(() => {
        expect(directory.view.targetIds).to.deep.equal(['db/a']);
        expect(directory.view.rules.get('db')).to.deep.equal({ intervalMs: 5000 });
        expect(directory.view.defaults.rule).to.deep.equal({ retries: 0 });
        expect(directory.view.collectors.get('c1')).to.deep.equal(membership.record);
      });
      const drainAtMs = await membership.drain();
      await eventually(() => expect(directory.view.collectors.get('c1')).to.include({ state: 'draining', drainAtMs }));
      await Promise.all([membership.close(), registration.close()]);
      await eventually(() => {
        expect(directory.view.targetIds).to.deep.equal([]);
        expect(directory.view.collectors.size).to.equal(0);
      });
      await directory.stop();
    });
  }

  it('leaves no watch behind in poll mode, and few in watch mode', async () => {
    const connectString = cluster.freshConnectString();
    const session = await openSession(connectString);
    for (let service = 0; service < 5; service += 1) {
      for (let instance = 0; instance < 20; instance += 1) {
        const path = ZNODES.instancePath(`s${service}`, `i${instance}`);
        await session.ensurePath(ZNODES.servicePath(`s${service}`));
        await session.create(path, Buffer.alloc(0), { ephemeral: true });
      }
    }
    const watches = async (): Promise<number> => {
      return Number(/^zk_watch_count\t(\d+)$/m.exec(await server().fourLetter('mntr'))?.[1]);
    };
    const before = await watches();
    const polling = await start(connectString, { mode: 'poll' });
    expect(await watches()).to.equal(before);
    const watching = await start(connectString);
    // A list and a rule for each service, the list of services, and two nodes that do not exist yet.
    expect((await watches()) - before).to.equal(2 * 5 + 3);
    expect(watching.view.targetIds).to.deep.equal(polling.view.targetIds);
    await Promise.all([polling.stop(), watching.stop()]);
  });

  it('shows what is wrong with 60 bad payloads and is not disturbed in anything else', async function () {
    this.timeout(30_000);
    const connectString = cluster.freshConnectString();
    const session = await openSession(connectString);
    const directory = await start(connectString);
    const watcher = new InstanceWatcher({ session: await openSession(connectString) });
    await watcher.start();
    await session.ensurePath(ZNODES.servicePath('bad'));
    await session.ensurePath(ZNODES.servicePath('good'));
    const good = serializeInstance({ address: '10.0.0.1:9100' });
    const bad: { id: TargetId; title: string }[] = [];
    for (const [index, { title, data }] of badInstancePayloads().entries()) {
      const id = targetId('bad', `b${index}`);
      await session.create(`/services/${id}`, data, { ephemeral: true });
      await session.create(`/services/good/g${index}`, good, { ephemeral: true });
      bad.push({ id, title });
    }
    expect(bad.length).to.be.at.least(60);
    // The same payloads where rules and collectors are: they must not disturb either.
    for (const [index, { data }] of badInstancePayloads().entries()) {
      await session.create(`/collectors/x${index}`, data, { ephemeral: true }).catch(async () => {
        await session.ensurePath('/collectors');
        await session.create(`/collectors/x${index}`, data, { ephemeral: true });
      });
    }
    await eventually(() => expect(directory.view.targetIds).to.have.length(2 * bad.length), { timeoutMs: 10_000 });
    watcher.setWanted(directory.view.targetIds);
    await watcher.settled();
    for (const { id, title } of bad) {
      const parsed = watcher.get(id);
      expect(parsed, title).to.have.property('ok', false);
      expect((parsed as { reason: string }).reason.length, title).to.be.within(5, 300);
    }
    for (const id of directory.view.targetIds) {
      if (id.startsWith('good/')) expect(watcher.get(id)).to.have.property('ok', true);
    }
    await eventually(() => expect(directory.view.problems).to.have.length(bad.length));
    expect(directory.view.collectors.size).to.equal(0);
    await session.create('/services/good/late', good, { ephemeral: true });
    await eventually(() => expect(directory.view.targetIds).to.include('good/late'));
    const snapshot = await readCluster(session);
    expect(snapshot.services.get('bad')?.instances.size).to.equal(bad.length);
    expect(snapshot.problems).to.have.length(2 * bad.length);
    await Promise.all([directory.stop(), watcher.stop()]);
  });

  it('reads and watches the data of the 20 instances that are wanted of 200, as the server counts them', async () => {
    const connectString = cluster.freshConnectString();
    const writer = await openSession(connectString);
    const pathOf = (index: number): string => ZNODES.instancePath('db', `i${index}`);
    const dataOf = (port: number): Uint8Array => serializeInstance({ address: { host: '10.0.0.1', port } });
    await writer.ensurePath(ZNODES.servicePath('db'));
    const all = Array.from({ length: 200 }, (_, index) => index);
    await Promise.all(all.map((index) => writer.create(pathOf(index), dataOf(1), { ephemeral: true })));
    const session = await openSession(connectString);
    const [directory, watcher] = [new Directory({ session }), new InstanceWatcher({ session })];
    await Promise.all([directory.start(), watcher.start()]);
    expect(directory.view.targetIds).to.have.length(200);

    /** Instances whose data the server watches for the session. */
    const watched = async (): Promise<number[]> => {
      const [, ofSession = ''] = (await server().fourLetter('wchc')).split(`0x${session.sessionId?.toString(16)}\n`);
      const paths = ofSession.split(/^0x/m)[0]!.matchAll(/\/services\/db\/i(\d+)$/gm);
      return [...paths].map(([, index]) => Number(index)).sort((a, b) => a - b);
    };
    /** Requests of the session that the server has received, heartbeats included. */
    const received = async (): Promise<number> => {
      const line = (await server().fourLetter('cons'))
        .split('\n')
        .find((each) => each.includes(sidOf(session.sessionId)));
      return Number(/recved=(\d+)/.exec(line ?? '')?.[1]);
    };
    const sidOf = (id: bigint | undefined): string => `sid=0x${id?.toString(16)},`;
    /** How many requests some work has cost the session, beyond the most heartbeats that there can have been. */
    const requestsOf = async (work: () => Promise<unknown>): Promise<number> => {
      const [before, startedMs] = [await received(), performance.now()];
      await work();
      // One every T/6, T being 4 s.
      const heartbeats = Math.ceil((performance.now() - startedMs) / 600) + 1;
      return Math.max(0, (await received()) - before - heartbeats);
    };
    const want = (indices: readonly number[]): Promise<void> => {
      watcher.setWanted(indices.map((index) => targetId('db', `i${index}`)));
      return watcher.settled();
    };
    const portsSeen = (indices: readonly number[]): (number | undefined)[] =>
      indices.map((index) => {
        const parsed = watcher.get(targetId('db', `i${index}`));
        return parsed?.ok === true ? parsed.value.address.port : undefined;
      });

    expect(await watched()).to.deep.equal([]);
    const first = all.slice(0, 20);
    expect(await requestsOf(() => want(first))).to.be.within(10, 20);
    expect(await watched()).to.deep.equal(first);
    // Ten move away and ten others come: only those are read.
    const second = all.slice(10, 30);
    expect(await requestsOf(() => want(second))).to.be.at.most(10);
    expect(await watched())
      .to.include.members(second)
      .and.to.have.length(30);
    // A change of all is read for the wanted ones; the watches that were given up are gone with it.
    const requests = await requestsOf(async () => {
      await Promise.all(all.map((index) => writer.setData(pathOf(index), dataOf(2))));
      await eventually(() => expect(new Set(portsSeen(second))).to.deep.equal(new Set([2])));
    });
    expect(requests).to.be.at.most(20);
    await eventually(async () => expect(await watched()).to.deep.equal(second));
    expect(portsSeen(all.slice(0, 10))).to.deep.equal(Array(10).fill(undefined));
    await Promise.all([directory.stop(), watcher.stop()]);
  });

  it('reads the data of 10,000 instances once they are wanted', async function () {
    this.timeout(60_000);
    const connectString = cluster.freshConnectString();
    const session = await openSession(connectString, { operationTimeoutMs: 30_000 });
    const data = serializeInstance({ address: '10.0.0.1:9100', labels: { team: 'a' } });
    await session.ensurePath('/services/many');
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => session.create(`/services/many/i${index}`, data)));
    const directory = await start(connectString);
    const watcher = new InstanceWatcher({ session: await openSession(connectString) });
    await watcher.start();
    const startMs = performance.now();
    watcher.setWanted(directory.view.targetIds);
    await watcher.settled();
    const readMs = performance.now() - startMs;
    expect(directory.view.targetIds.every((id) => watcher.get(id)?.ok === true)).to.equal(true);
    console.log(`      10,000 instances read and watched in ${Math.round(readMs)} ms`);
    expect(readMs).to.be.below(10_000);
    await Promise.all([directory.stop(), watcher.stop()]);
  });
});
