import { serializeInstance, targetId } from '@pulsekeeper/model';
import { eventually, ExpiringProxy, TcpProxy, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { Directory, InstanceWatcher, registerInstance, ZNODES, type Registration } from '../../src/index.ts';
import { startRegistrant } from './registrant.ts';
import { openSession, useZooKeeper } from './sessions.ts';

const PATH = ZNODES.instancePath('db', 'a');
const ID = targetId('db', 'a');

function instance(key: string, port = 9100): { data: Uint8Array; instanceKey: string } {
  return { data: serializeInstance({ address: `127.0.0.1:${port}`, instanceKey: key }), instanceKey: key };
}

/** An observer's directory, and the least number of targets that it has shown since it had the first. */
async function observe(connectString: string): Promise<{ directory: Directory; least: () => number }> {
  const directory = new Directory({ session: await openSession(connectString) });
  let least = Number.POSITIVE_INFINITY;
  directory.on('changed', ({ targetIds }) => {
    if (targetIds.length > 0 || least < Number.POSITIVE_INFINITY) least = Math.min(least, targetIds.length);
  });
  await directory.start();
  return { directory, least: () => least };
}

describe('registerInstance on ZooKeeper', () => {
  const { cluster, server } = useZooKeeper();

  it('stands under a service that did not exist, is seen by a directory, and is gone after close', async () => {
    const connectString = cluster.freshConnectString();
    const { directory } = await observe(connectString);
    const session = await openSession(connectString);
    const registration = registerInstance(session, { service: 'db', instance: 'a', ...instance('k') });
    await registration.start();
    expect(registration.state).to.include({ kind: 'registered', sessionId: session.sessionId });
    await eventually(() => expect(directory.view.targetIds).to.deep.equal([ID]));
    await registration.close();
    await eventually(() => expect(directory.view.targetIds).to.deep.equal([]));
    expect(directory.view.services.has('db')).to.equal(true);
    await directory.stop();
  });

  it('comes back with the same data when it is deleted by hand', async () => {
    const connectString = cluster.freshConnectString();
    const other = await openSession(connectString);
    const session = await openSession(connectString);
    const registration = registerInstance(session, { service: 'db', instance: 'a', ...instance('k') });
    await registration.start();
    const before = await other.getData(PATH);
    await other.remove(PATH);
    const after = await eventually(async () => {
      const node = await other.getData(PATH);
      expect(node.stat.czxid).to.not.equal(before.stat.czxid);
      return node;
    });
    expect(after.data).to.deep.equal(before.data);
    expect(after.stat.ephemeralOwner).to.equal(session.sessionId);
  });

  it('is never missing when its process is killed and started again, and is visible anew within 1 s', async function () {
    this.timeout(30_000);
    const connectString = cluster.freshConnectString();
    const { directory, least } = await observe(connectString);
    const watcher = new InstanceWatcher({ session: await openSession(connectString) });
    await watcher.start();
    const first = await startRegistrant(connectString, 'db', 'a', 9001);
    watcher.setWanted([ID]);
    const portSeen = (): number | undefined => {
      const parsed = watcher.get(ID);
      return parsed?.ok === true ? parsed.value.address.port : undefined;
    };
    await eventually(() => expect(portSeen()).to.equal(9001));
    await first.kill();
    const seen = new Promise<number>((resolve) => {
      watcher.on('changed', () => portSeen() === 9002 && resolve(Date.now()));
    });
    const second = await startRegistrant(connectString, 'db', 'a', 9002);
    const delayMs = (await seen) - second.startingAtMs;
    expect(delayMs).to.be.below(1000 * timeFactor);
    // The old session is expired only now: what it owned must not take the new registration with it.
    const { stat } = await directoryStat(connectString);
    await eventually(async () => expect(await sessionCount()).to.equal(3), { timeoutMs: 10_000 });
    expect((await directoryStat(connectString)).stat.czxid).to.equal(stat.czxid);
    expect(least()).to.equal(1);
    expect(directory.view.targetIds).to.deep.equal([ID]);
    await Promise.all([directory.stop(), watcher.stop()]);
    console.log(`      visible under the new process ${delayMs} ms after it began to register`);

    async function sessionCount(): Promise<number> {
      return Number(/^zk_global_sessions\t(\d+)$/m.exec(await server().fourLetter('mntr'))?.[1]);
    }
  });

  async function directoryStat(connectString: string): Promise<{ stat: { czxid: bigint } }> {
    const session = await openSession(connectString);
    const node = await session.getData(PATH);
    await session.stop();
    return node;
  }

  it('refuses a name that another process holds, and gets it within the grace time when that process dies', async function () {
    this.timeout(30_000);
    const connectString = cluster.freshConnectString();
    const other = await startRegistrant(connectString, 'db', 'a', 9001);
    const session = await openSession(connectString);
    const refused = registerInstance(session, { service: 'db', instance: 'a', ...instance('elsewhere/5/x') });
    const error = await refused.start().catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'NameTaken', path: PATH });
    expect(error)
      .to.have.nested.property('owner.key')
      .that.includes(`/${other.child.pid ?? 0}/`);
    const waiting = registerInstance(session, {
      service: 'db',
      instance: 'a',
      ...instance('elsewhere/5/x'),
      nameTakenGraceMs: 20_000,
    });
    const started = waiting.start();
    await other.kill();
    await started;
    expect((await session.getData(PATH)).stat.ephemeralOwner).to.equal(session.sessionId);
  });

  it('is registered and watched again within 1 s of the server being reachable after its session expired', async function () {
    this.timeout(30_000);
    const connectString = cluster.freshConnectString();
    const chroot = connectString.slice(connectString.indexOf('/'));
    const { directory } = await observe(connectString);
    const proxy = await TcpProxy.start({ target: { port: server().port } });
    const session = await openSession(`${proxy.address}${chroot}`, { sessionTimeoutMs: 1500 });
    const registrations: Registration[] = [];
    for (let index = 0; index < 50; index += 1) {
      registrations.push(registerInstance(session, { service: 'db', instance: `i${index}`, ...instance(`k${index}`) }));
    }
    await Promise.all(registrations.map((registration) => registration.start()));
    await eventually(() => expect(directory.view.targetIds).to.have.length(50));
    // The observer behind the same cut: its view must survive, and its watches must work again.
    const cutOff = new Directory({
      session: await openSession(`${proxy.address}${chroot}`, { sessionTimeoutMs: 1500 }),
    });
    await cutOff.start();
    await proxy.cut();
    await eventually(() => expect(directory.view.targetIds).to.have.length(0), { timeoutMs: 10_000 });
    expect(cutOff.view.targetIds).to.have.length(50);
    expect(session.state.kind).to.equal('lost');
    await proxy.resume();
    const reachableMs = performance.now();
    await eventually(() => expect(directory.view.targetIds).to.have.length(50), { intervalMs: 2 });
    await Promise.all(registrations.map((registration) => registration.whenRegistered()));
    await eventually(() => expect(cutOff.isCurrent).to.equal(true), { intervalMs: 2 });
    const backMs = performance.now() - reachableMs;
    expect(backMs).to.be.below(1000 * timeFactor);
    const [[path, late]] = [[ZNODES.instancePath('db', 'late'), await openSession(connectString)]] as const;
    await late.create(path, instance('late').data, { ephemeral: true });
    await eventually(() => expect(cutOff.view.targetIds).to.have.length(51));
    // Watched again: a deletion by hand is seen.
    await late.remove(ZNODES.instancePath('db', 'i7'));
    await eventually(async () => expect(await late.exists(ZNODES.instancePath('db', 'i7'))).to.not.equal(undefined));
    await Promise.all([directory.stop(), cutOff.stop()]);
    console.log(`      50 registrations back ${Math.round(backMs)} ms after the server was reachable`);
  });

  it('is registered and watched again within 1 s after the server ended the sessions: closed by a second client', async () => {
    const connectString = cluster.freshConnectString();
    const chroot = connectString.slice(connectString.indexOf('/'));
    const [ofRegistrant, ofObserver] = [
      await ExpiringProxy.start(server().port),
      await ExpiringProxy.start(server().port),
    ];
    const registrant = await openSession(`127.0.0.1:${ofRegistrant.port}${chroot}`);
    const observer = await openSession(`127.0.0.1:${ofObserver.port}${chroot}`);
    const paths = Array.from({ length: 50 }, (_, index) => ZNODES.instancePath('db', `i${index}`));
    const registrations = paths.map((_, index) =>
      registerInstance(registrant, { service: 'db', instance: `i${index}`, ...instance(`k${index}`) }),
    );
    await Promise.all(registrations.map((registration) => registration.start()));
    const [directory, watcher] = [new Directory({ session: observer }), new InstanceWatcher({ session: observer })];
    await Promise.all([directory.start(), watcher.start()]);
    watcher.setWanted(directory.view.targetIds);
    await watcher.settled();
    const sessionsBefore = [registrant.sessionId, observer.sessionId];

    await Promise.all([ofRegistrant.expireSession(), ofObserver.expireSession()]);
    const endedMs = performance.now();
    const onlooker = await openSession(connectString);
    await eventually(
      async () => {
        const owners = [...(await onlooker.readMany(paths)).values()].map((node) => node?.stat.ephemeralOwner);
        expect(owners).to.deep.equal(paths.map(() => registrant.sessionId));
        expect(directory.isCurrent).to.equal(true);
        expect(directory.view.targetIds).to.have.length(50);
        expect(sessionsBefore).to.not.include.members([observer.sessionId]);
      },
      { intervalMs: 5 },
    );
    const backMs = performance.now() - endedMs;
    expect(sessionsBefore).to.not.include.members([registrant.sessionId]);
    expect(backMs).to.be.below(1000 * timeFactor);
    // Watched again, each in its own way: the list, the data of an instance, and the own node.
    await onlooker.create(ZNODES.instancePath('db', 'late'), instance('late').data, { ephemeral: true });
    await eventually(() => expect(directory.view.targetIds).to.have.length(51));
    await registrations[3]?.update(instance('k3', 9333).data);
    await eventually(() => {
      const parsed = watcher.get(targetId('db', 'i3'));
      expect(parsed?.ok === true ? parsed.value.address.port : undefined).to.equal(9333);
    });
    await onlooker.remove(ZNODES.instancePath('db', 'i7'));
    await eventually(async () =>
      expect(await onlooker.exists(ZNODES.instancePath('db', 'i7'))).to.not.equal(undefined),
    );
    await Promise.all([directory.stop(), watcher.stop()]);
    console.log(`      50 registrations and the watches back ${Math.round(backMs)} ms after the sessions were ended`);
  });

  it('stands within the session timeout on a server that lost all its data, and observers keep their view', async function () {
    this.timeout(30_000);
    const connectString = cluster.freshConnectString();
    const { directory, least } = await observe(connectString);
    const session = await openSession(connectString, { sessionTimeoutMs: 4000 });
    const registrations = Array.from({ length: 50 }, (_, index) =>
      registerInstance(session, { service: 'db', instance: `i${index}`, ...instance(`k${index}`) }),
    );
    await Promise.all(registrations.map((registration) => registration.start()));
    await eventually(() => expect(directory.view.targetIds).to.have.length(50));
    const lost = session.sessionId;
    const backAtMs: number[] = [];
    for (const registration of registrations) {
      registration.on('state', (state) => {
        if (state.kind === 'registered' && state.sessionId !== lost) backAtMs.push(performance.now());
      });
    }
    await server().restart({ wipe: true, signal: 'SIGKILL' });
    const servesAtMs = performance.now();
    await eventually(() => expect(backAtMs).to.have.length(50), { timeoutMs: 10_000 });
    const backMs = Math.max(...backAtMs) - servesAtMs;
    const other = await openSession(connectString);
    expect((await other.getChildren('/services/db')).children).to.have.length(50);
    await eventually(() => expect(directory.isSuspect).to.equal(true), { timeoutMs: 10_000 });
    expect(least()).to.equal(50);
    // By the clock of the states, and without a factor: a slow machine delays the look, not the session.
    expect(backMs).to.be.below(4000 * timeFactor);
    await directory.stop();
    console.log(`      50 registrations on the empty server after ${Math.round(backMs)} ms`);
  });
});
