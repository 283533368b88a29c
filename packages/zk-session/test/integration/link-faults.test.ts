import { setTimeout as sleep } from 'node:timers/promises';

import { eventually, startZooKeeper, TcpProxy, timeFactor, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { SessionLogger, WatchEvent, ZkSession } from '../../src/index.ts';
import { silentSessionLogger } from '../../src/session-logger.ts';
import {
  codeOf,
  makeSession,
  newChroot,
  recordStates,
  startSession,
  startSilentServer,
  untilState,
} from './session-harness.ts';
import { startUnreachableListener } from './unreachable-listener.ts';

const EMPTY = new Uint8Array();

describe('a session over a link that fails', function () {
  this.timeout(20_000);
  let server: ZooKeeperServer;
  let proxy: TcpProxy;
  let chroot: string;
  before(async () => {
    server = await startZooKeeper();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.start({ target: { port: server.port } });
    chroot = newChroot();
  });

  function startThrough(through: TcpProxy, more: object = {}): Promise<ZkSession> {
    return startSession({ connectString: `${through.address}${chroot}`, sessionTimeoutMs: 2000, ...more });
  }

  function startDirectly(more: object = {}): Promise<ZkSession> {
    return startSession({ connectString: `${server.connectString}${chroot}`, sessionTimeoutMs: 4000, ...more });
  }

  it('is resumed with the same id after a cut, and keeps its ephemerals', async () => {
    const session = await startThrough(proxy);
    const states = recordStates(session);
    const { sessionId } = session;
    await session.create('/e', EMPTY, { ephemeral: true });
    await proxy.cut();
    await untilState(session, 'suspended');
    expect(session.sessionId).to.equal(sessionId);
    await proxy.resume();
    await untilState(session, 'connected');
    expect(session.state).to.include({ sessionId, generation: 1 });
    expect((await session.exists('/e'))?.ephemeralOwner).to.equal(sessionId);
    expect(states.map(({ kind }) => kind)).to.deep.equal(['suspended', 'connected']);
  });

  for (const direction of ['both', 'up', 'down'] as const) {
    it(`notices within T/2 that bytes are dropped (${direction})`, async () => {
      const session = await startThrough(proxy, { sessionTimeoutMs: 4000 });
      const startedAtMs = performance.now();
      proxy.stall(direction);
      const noticedAtMs = await untilState(session, 'suspended');
      expect(noticedAtMs - startedAtMs).to.be.below(2000 * timeFactor);
      await proxy.resume();
      await untilState(session, 'connected');
      expect(session.state).to.include({ generation: 1 });
    });
  }

  it('is called lost before the server removes its ephemerals, 5 of 5', async () => {
    const observer = await startDirectly();
    const sessions = await Promise.all(
      [1, 2, 3, 4, 5].map(async (index) => {
        const own = await TcpProxy.start({ target: { port: server.port } });
        const session = await startThrough(own, { sessionTimeoutMs: 4000 });
        await session.create(`/e${index}`, EMPTY, { ephemeral: true });
        // Spread over the time between two heartbeats.
        await sleep(index * 130);
        // By a watch: nothing that is looked at now and then says in which order two things happened.
        const removedAt = new Promise<number>((resolve, reject) => {
          const watch = ({ type }: WatchEvent): void => {
            if (type === 'NodeDeleted') resolve(performance.now());
          };
          observer.exists(`/e${index}`, { watch }).then((stat) => expect(stat).to.not.equal(undefined), reject);
        });
        own.stall('both');
        const lostAt = untilState(session, 'lost').then((atMs) => ({ atMs, isHeld: session.lease.isHeld() }));
        return { removedAt, lostAt };
      }),
    );
    for (const { removedAt, lostAt } of sessions) {
      const lost = await lostAt;
      expect(lost.atMs).to.be.below(await removedAt);
      expect(lost.isHeld).to.equal(false);
    }
  });

  it('holds no lease after the event loop was blocked, though nobody has told it yet', async () => {
    const session = await startDirectly({ sessionTimeoutMs: 1000 });
    const states = recordStates(session);
    const untilMs = performance.now() + 1800;
    while (performance.now() < untilMs);
    expect(session.state.kind).to.equal('connected');
    expect(session.lease.isHeld()).to.equal(false);
    await untilState(session, 'lost');
    await untilState(session, 'connected');
    expect(session.state).to.include({ generation: 2 });
    expect(states.at(-1)?.kind).to.equal('connected');
  });

  it('survives a blocked event loop that is shorter than the lease', async () => {
    const session = await startDirectly({ sessionTimeoutMs: 2000 });
    const states = recordStates(session);
    const untilMs = performance.now() + 1400;
    while (performance.now() < untilMs);
    // Longer than the probe's time limit: the answer lay in the socket all the while.
    await sleep(600);
    expect(states).to.deep.equal([]);
    expect(session.lease.isHeld()).to.equal(true);
  });

  it('stays alive while it only receives notifications', async () => {
    const session = await startDirectly({ sessionTimeoutMs: 1000 });
    const writer = await startDirectly();
    const paths = Array.from({ length: 300 }, (_, index) => `/n${index}`);
    await Promise.all(paths.map((path) => writer.create(path, EMPTY)));
    let events = 0;
    await session.readMany(paths, { watch: () => (events += 1) });
    const states = recordStates(session);
    // One every 10 ms for three session timeouts: the socket is never idle long enough for the library's ping.
    for (const path of paths) {
      await writer.setData(path, EMPTY);
      await sleep(10);
    }
    await eventually(() => expect(events).to.equal(300));
    expect(states).to.deep.equal([]);
    expect(session.lease.isHeld()).to.equal(true);
  });

  it('leaves a server that accepts and never answers, and connects to another', async () => {
    const silent = await startSilentServer();
    const connectString = `127.0.0.1:${silent.port},${server.connectString}${chroot}`;
    const startedAtMs = performance.now();
    // In every order of the two servers.
    for (const value of [0, 0.99]) {
      let turn = 0;
      const random = (): number => Math.abs(value - (turn++ % 2));
      await startSession({ connectString, sessionTimeoutMs: 2000, random });
    }
    expect(silent.accepted()).to.be.at.least(1);
    expect(performance.now() - startedAtMs).to.be.below(2 * 1000 * timeFactor);
  });

  it('leaves a server that TCP handshakes get no answer from, and connects to another', async () => {
    const unreachable = await startUnreachableListener();
    const connectString = `127.0.0.1:${unreachable.port},${server.connectString}${chroot}`;
    const failures: string[] = [];
    const warn = (fields: { err?: unknown }): unknown => failures.push(String(fields.err));
    const logger: SessionLogger = { ...silentSessionLogger, warn, child: () => logger };
    const startedAtMs = performance.now();
    // Jitter under which the first in the list is tried first.
    let turn = 0;
    const random = (): number => (turn++ === 0 ? 0 : 0.5);
    const session = await startSession({ connectString, sessionTimeoutMs: 2000, random, logger });
    expect(performance.now() - startedAtMs).to.be.within(490, 1000 * timeFactor);
    expect(failures).to.deep.equal(['ZkError: no session within 500 ms']);
    expect(session.state).to.include({ kind: 'connected', server: server.connectString });

    // Alone, it makes `start` end at its time limit, and `stop` at once.
    const alone = { connectString: `127.0.0.1:${unreachable.port}`, sessionTimeoutMs: 2000 };
    const timed = makeSession({ ...alone, connectTimeoutMs: 300 });
    expect(await codeOf(timed.start())).to.equal('ConnectTimeout');
    const waiting = makeSession(alone);
    const started = codeOf(waiting.start());
    const stoppingAtMs = performance.now();
    await waiting.stop();
    expect(performance.now() - stoppingAtMs).to.be.below(500 * timeFactor);
    expect(await started).to.equal('Closed');
    expect(unreachable.isFull()).to.equal(true);
  });

  it('comes back after servers that accept and close at once, without hammering them', async () => {
    const session = await startThrough(proxy, { sessionTimeoutMs: 4000 });
    // So long that they would be seen among the few bytes of handshakes and probes.
    const paths = Array.from({ length: 100 }, (_, index) => `/${String(index).padStart(200, 'w')}`);
    await Promise.all(paths.map((path) => session.create(path, EMPTY)));
    await session.readMany(paths, { watch: () => undefined });
    const before = proxy.stats;
    proxy.acceptThenClose();
    proxy.reset();
    await untilState(session, 'suspended');
    await sleep(2000);
    const attempts = proxy.stats.accepted - before.accepted;
    expect(attempts).to.be.within(2, 40);
    await proxy.resume();
    await untilState(session, 'connected');
    await session.getData(paths[1]!);
    // What was watched is not sent again, however often it reconnected.
    expect(proxy.stats.bytesUp - before.bytesUp).to.be.below(2000);
  });

  it('reads on after an answer that was cut in the middle', async () => {
    const session = await startThrough(proxy);
    const names = Array.from({ length: 1000 }, (_, index) => `a-name-of-some-length-${index}`);
    await session.create('/p', EMPTY);
    await Promise.all(names.map((name) => session.create(`/p/${name}`, EMPTY)));
    for (const bytes of [2, 1000, 20_000]) {
      proxy.cutAfter(bytes);
      const children = session.getChildren('/p');
      await untilState(session, 'suspended');
      await proxy.resume();
      await untilState(session, 'connected');
      expect((await children).children.sort()).to.deep.equal(names.toSorted());
    }
    expect(session.state).to.include({ generation: 1 });
  });

  it('settles every operation within its time limit, whatever the link does', async () => {
    const session = await startThrough(proxy);
    await session.create('/a', EMPTY);
    const begin = (timeoutMs: number): Promise<string[]> => {
      const options = { timeoutMs };
      return Promise.all([
        codeOf(session.getData('/a', options)),
        codeOf(session.getChildren('/', options)),
        codeOf(session.exists('/a', options)),
        codeOf(session.setData('/a', EMPTY, options)),
        codeOf(session.create('/b', EMPTY, options)),
        codeOf(session.remove('/none', options)),
        codeOf(session.multi([{ op: 'check', path: '/a', version: 0 }], options)),
        codeOf(session.ensurePath('/c/d', options)),
        codeOf(session.readMany(['/a', '/b', '/none'], options)),
      ]);
    };
    proxy.stall('both');
    const startedAtMs = performance.now();
    const impatient = begin(200).then((ends) => ({ ends, atMs: performance.now() }));
    const patient = begin(20_000);
    // On the wire, the link still taken for good: by the time limit.
    expect(new Set((await impatient).ends)).to.deep.equal(new Set(['OperationTimeout']));
    expect((await impatient).atMs - startedAtMs).to.be.below(500 * timeFactor);
    // Without a link: by the time limit again.
    await untilState(session, 'suspended');
    expect(new Set(await begin(200))).to.deep.equal(new Set(['OperationTimeout']));
    expect(session.state.kind).to.equal('suspended');
    // With a longer limit: writes when the link goes, reads and creations when the session does.
    const loss = 'ConnectionLoss';
    const lost = 'SessionExpired';
    expect(await patient).to.deep.equal([lost, lost, lost, loss, lost, loss, loss, lost, lost]);
    expect(session.pendingOperations).to.equal(0);
  });

  for (const ephemeral of [true, false]) {
    it(`creates ${ephemeral ? 'an ephemeral' : 'a persistent node'} once, though the answer was lost`, async () => {
      const observer = await startDirectly();
      const session = await startThrough(proxy, { operationTimeoutMs: 8000 });
      proxy.stall('down');
      const created = session.create('/a', Buffer.from('mine'), { ephemeral });
      await untilState(session, 'suspended');
      const made = await observer.exists('/a');
      expect(made).to.not.equal(undefined);
      await proxy.resume();
      await created;
      const stat = await session.exists('/a');
      expect(stat?.czxid).to.equal(made?.czxid);
      expect(stat?.ephemeralOwner).to.equal(ephemeral ? session.sessionId : 0n);
    });
  }

  it("does not take another's node for its own after a lost answer", async () => {
    const observer = await startDirectly();
    const session = await startThrough(proxy, { operationTimeoutMs: 8000 });
    for (const ephemeral of [true, false]) {
      const path = `/a-${ephemeral}`;
      proxy.stall('up');
      const created = session.create(path, Buffer.from('mine'), { ephemeral });
      await observer.create(path, Buffer.from('theirs'), { ephemeral });
      await untilState(session, 'suspended');
      await proxy.resume();
      // What was held in the proxy goes to a connection that is gone.
      expect(await codeOf(created)).to.equal('NodeExists');
      await untilState(session, 'connected');
    }
  });

  it('resolves `start` after the first servers came late, and fails it at its time limit', async () => {
    await proxy.cut();
    const late = makeSession({ connectString: `${proxy.address}${chroot}`, sessionTimeoutMs: 2000 });
    const started = late.start();
    await sleep(300);
    expect(late.lastConnectError).to.include({ code: 'ECONNREFUSED' });
    await proxy.resume();
    await started;

    await proxy.cut();
    const never = makeSession({ connectString: proxy.address, connectTimeoutMs: 400 });
    const startedAtMs = performance.now();
    const error: unknown = await never.start().catch((caught: unknown) => caught);
    expect(performance.now() - startedAtMs).to.be.within(390, 1000 * timeFactor);
    expect(error).to.include({ code: 'ConnectTimeout', retryable: true });
    expect((error as Error).cause).to.include({ code: 'ECONNREFUSED' });
    expect(never.state.kind).to.equal('closed');
  });

  it('can be aborted while it starts', async () => {
    await proxy.cut();
    const session = makeSession({ connectString: proxy.address });
    const reason = new Error('not needed any more');
    const controller = new AbortController();
    const started = session.start({ signal: controller.signal }).catch((error: unknown) => error);
    controller.abort(reason);
    expect(await started).to.equal(reason);
    expect(session.state.kind).to.equal('closed');
  });
});
