import {
  eventually,
  ExpiringProxy,
  startEnsemble,
  startZooKeeper,
  TcpProxy,
  timeFactor,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { SetupContext, ZkSession } from '../../src/index.ts';
import {
  codeOf,
  newChroot,
  type RecordedState,
  recordStates,
  startSession,
  untilRecorded,
  untilState,
} from './session-harness.ts';

const EMPTY = new Uint8Array();

/** An ephemeral that stands whatever happens, as a consumer would make it. */
function keepEphemeral(session: ZkSession, path: string): SetupContext[] {
  const runs: SetupContext[] = [];
  session.addSetup(async (context) => {
    runs.push(context);
    if (context.reason === 'new-session') {
      await session.create(path, EMPTY, { ephemeral: true, signal: context.signal });
    }
  });
  return runs;
}

const isGeneration =
  (generation: number) =>
  ({ state }: RecordedState): boolean =>
    state.kind === 'connected' && state.generation === generation;

describe('a session that is over', function () {
  this.timeout(30_000);

  it('is replaced within 1 s after the server expired it, and set up again', async () => {
    const server = await startZooKeeper();
    const chroot = newChroot();
    const proxy = await ExpiringProxy.start(server.port);
    const connectString = `127.0.0.1:${proxy.port}${chroot}`;
    const session = await startSession({ connectString, sessionTimeoutMs: 4000 });
    const runs = keepEphemeral(session, '/e');
    await eventually(async () => expect(await session.exists('/e')).to.not.equal(undefined));
    const states = recordStates(session);
    const first = session.sessionId;

    const expiredAtMs = performance.now();
    await proxy.expireSession();
    await untilRecorded(states, isGeneration(2));
    await eventually(async () => expect((await session.exists('/e'))?.ephemeralOwner).to.equal(session.sessionId));
    expect(performance.now() - expiredAtMs).to.be.below(1000 * timeFactor);
    expect(session.sessionId).to.not.equal(first);
    expect(states.map(({ kind }) => kind)).to.deep.equal(['suspended', 'lost', 'connected']);
    expect(runs.map(({ reason, generation }) => `${reason} ${generation}`)).to.deep.equal([
      'new-session 1',
      'new-session 2',
    ]);
  });

  it('fails what waits for it, and nothing is left pending', async () => {
    const server = await startZooKeeper();
    const proxy = await ExpiringProxy.start(server.port);
    const connectString = `127.0.0.1:${proxy.port}${newChroot()}`;
    const session = await startSession({ connectString, sessionTimeoutMs: 4000, operationTimeoutMs: 20_000 });
    await session.create('/a', EMPTY);
    let ends: Promise<string>[] = [];
    session.on('state', (state) => {
      if (state.kind !== 'suspended') return;
      ends = [codeOf(session.getData('/a')), codeOf(session.create('/e', EMPTY)), codeOf(session.setData('/a', EMPTY))];
    });
    const states = recordStates(session);
    await proxy.expireSession();
    await untilRecorded(states, ({ kind }) => kind === 'lost');
    expect(await Promise.all(ends)).to.deep.equal(['SessionExpired', 'SessionExpired', 'SessionExpired']);
    await untilState(session, 'connected');
    await session.create('/e', EMPTY);
    expect(session.pendingOperations).to.equal(0);
  });

  it('is replaced within T of the server being back when its data was wiped', async () => {
    const server = await startZooKeeper();
    const session = await startSession({ connectString: `${server.connectString}/a/b`, sessionTimeoutMs: 2000 });
    keepEphemeral(session, '/e');
    // So many transactions that the server which comes back has seen far fewer.
    for (let index = 0; index < 50; index += 1) await session.create(`/n${index}`, EMPTY);
    const states = recordStates(session);
    await server.restart({ wipe: true });
    const backAtMs = performance.now();
    const connected = await untilRecorded(states, isGeneration(2));
    expect(connected.atMs - backAtMs).to.be.below(2000 * timeFactor);
    // The chroot is there again, and what the setups make.
    await eventually(async () => expect((await session.exists('/e'))?.ephemeralOwner).to.equal(session.sessionId));
    expect((await session.getChildren('/')).children).to.deep.equal(['e']);
  });

  it('is not over when the server restarts with its data', async () => {
    const server = await startZooKeeper();
    const session = await startSession({
      connectString: `${server.connectString}${newChroot()}`,
      sessionTimeoutMs: 10_000,
    });
    const runs = keepEphemeral(session, '/e');
    await eventually(async () => expect(await session.exists('/e')).to.not.equal(undefined));
    const { sessionId } = session;
    await server.restart();
    await untilState(session, 'connected');
    await eventually(async () => expect((await session.exists('/e'))?.ephemeralOwner).to.equal(sessionId));
    await eventually(() => expect(runs.map(({ reason }) => reason)).to.deep.equal(['new-session', 'reconnected']));
  });

  it('has its setups aborted when the link goes', async () => {
    const server = await startZooKeeper();
    const proxy = await TcpProxy.start({ target: { port: server.port } });
    const session = await startSession({ connectString: `${proxy.address}${newChroot()}`, sessionTimeoutMs: 4000 });
    const reasons: unknown[] = [];
    let runs = 0;
    session.addSetup(async ({ signal }) => {
      runs += 1;
      if (runs > 1) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason);
    });
    await eventually(() => expect(runs).to.equal(1));
    proxy.reset();
    await untilState(session, 'suspended');
    await eventually(() => expect(runs).to.equal(2));
    expect(reasons).to.have.lengthOf(1);
  });
});

describe('a session on an ensemble', function () {
  this.timeout(30_000);

  it('moves off a frozen member within T/2, with its id and its ephemerals', async () => {
    const ensemble = await startEnsemble(3);
    const chroot = newChroot();
    const follower = await ensemble.follower();
    const others = ensemble.servers.filter((each) => each !== follower);
    const observer = await startSession({
      connectString: `${others[0]?.connectString}${chroot}`,
      sessionTimeoutMs: 4000,
    });
    // Its first server is the member that will freeze.
    const random = firstThen(ensemble.servers.indexOf(follower));
    const session = await startSession({
      connectString: `${ensemble.connectString}${chroot}`,
      sessionTimeoutMs: 4000,
      random,
    });
    expect(session.state).to.include({ server: follower.connectString });
    await session.create('/e', EMPTY, { ephemeral: true });
    const { sessionId } = session;
    let isRemoved = false;
    await observer.exists('/e', { watch: ({ type }) => (isRemoved ||= type === 'NodeDeleted') });
    const states = recordStates(session);

    const frozenAtMs = performance.now();
    follower.freeze();
    await untilState(session, 'suspended');
    await untilState(session, 'connected');
    const movedAfterMs = performance.now() - frozenAtMs;
    expect(movedAfterMs).to.be.below(2000 * timeFactor);
    expect(session.sessionId).to.equal(sessionId);
    expect(states.map(({ kind }) => kind)).to.deep.equal(['suspended', 'connected']);
    // Longer than T after the freeze, the node still stands.
    await eventually(() => expect(performance.now() - frozenAtMs).to.be.above(4500), { timeoutMs: 6000 });
    expect((await observer.exists('/e'))?.ephemeralOwner).to.equal(sessionId);
    expect(isRemoved).to.equal(false);
    follower.thaw();
  });

  it('is resumed with its id after the leader was killed', async () => {
    const ensemble = await startEnsemble(3);
    const leader = await ensemble.leader();
    const connectString = `${ensemble.connectString}${newChroot()}`;
    const random = firstThen(ensemble.servers.indexOf(leader));
    const session = await startSession({ connectString, sessionTimeoutMs: 10_000, operationTimeoutMs: 10_000, random });
    await session.create('/e', EMPTY, { ephemeral: true });
    const { sessionId } = session;
    await leader.kill();
    await untilState(session, 'suspended');
    // A read that comes meanwhile waits for the new leader.
    expect((await session.exists('/e'))?.ephemeralOwner).to.equal(sessionId);
    expect(session.state).to.include({ kind: 'connected', generation: 1 });
  });

  it('leaves a member without a quorum while that still serves reads', async () => {
    const ensemble = await startEnsemble(3, { config: { syncLimit: 20 } });
    const chroot = newChroot();
    const follower = await ensemble.follower();
    const session = await startSession({ connectString: `${follower.connectString}${chroot}`, sessionTimeoutMs: 2000 });
    const leaseBefore = session.lease.expiresAtMonotonicMs;
    const frozenAtMs = performance.now();
    for (const other of ensemble.servers) if (other !== follower) other.freeze();
    await untilState(session, 'suspended');
    expect(performance.now() - frozenAtMs).to.be.below(1100 * timeFactor);
    expect(await follower.mode()).to.equal('follower');
    await untilState(session, 'lost');
    // No proof since: the lease ended where the last answer before the freeze had put it.
    expect(performance.now() - frozenAtMs).to.be.below(2000 * timeFactor);
    expect(leaseBefore).to.be.above(frozenAtMs);
    for (const other of ensemble.servers) other.thaw();
    await untilState(session, 'connected', 15_000);
  });
});

/** Jitter under which the first order of three servers begins with the one at `index`. */
function firstThen(index: number): () => number {
  let turn = 0;
  return () => (turn++ === index ? 0 : 0.5);
}
