import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import type { RegistrantSurroundings } from '../../src/registrant-key.ts';
import type { Composition } from '../../src/registration-data.ts';
import type { RegistrationOptions } from '../../src/registration-options.ts';
import { Registration } from '../../src/registration.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

const PATH = '/services/db/a';

function dataOf(key: string, value = 1): Uint8Array {
  return Buffer.from(JSON.stringify({ key, value }));
}

function keyOf(data: Uint8Array): string | undefined {
  return (JSON.parse(Buffer.from(data).toString() || '{}') as { key?: string }).key;
}

const nobodyElse: RegistrantSurroundings = { pid: 1, isAlive: () => false, isHeldHere: () => false };

describe('Registration', () => {
  let tree: FakeTree;
  let session: FakeSession;
  let made: Registration[];

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    made = [];
  });

  afterEach(async () => {
    await Promise.all(made.map((registration) => registration.close()));
  });

  function create(options: Partial<RegistrationOptions> = {}): Registration {
    const key = options.key ?? 'me';
    const registration = new Registration({
      session,
      path: PATH,
      data: dataOf(key),
      key,
      keyOf,
      around: nobodyElse,
      random: () => 0,
      ...options,
    });
    made.push(registration);
    return registration;
  }

  async function owner(): Promise<bigint> {
    return (await session.getData(PATH)).stat.ephemeralOwner;
  }

  it('does nothing before start', async () => {
    const registration = create();
    expect(registration.state).to.deep.equal({ kind: 'idle' });
    await registration.close();
    expect(session.calls).to.deep.equal([]);
  });

  it('creates a missing parent and registers in few calls', async () => {
    await create().start();
    expect(await owner()).to.equal(session.sessionId);
    session.calls.length = 0;
    const other = '/services/db/b';
    await create({ path: other, key: 'other', data: dataOf('other') }).start();
    expect(session.calls).to.deep.equal([`create ${other}`, `getData ${other}`]);
  });

  it('makes the parent again when it went since it was seen', async () => {
    await create().start();
    tree.delete('/services');
    await eventually(() => expect(tree.nodes.get(PATH)?.owner).to.equal(session.sessionId));
  });

  it('waits for a session that is not connected yet', async () => {
    const late = new FakeSession(tree, { isConnected: false });
    const registration = create({ session: late });
    const started = registration.start();
    expect(registration.state.kind).to.equal('registering');
    expect(late.calls).to.deep.equal([]);
    late.connect();
    await started;
    expect(tree.node(PATH).owner).to.equal(late.sessionId);
  });

  it('recognises its node when the answer to the create was lost', async () => {
    let isLost = false;
    session.loseAnswerOf = (call) => {
      if (isLost || !call.startsWith('create')) return false;
      isLost = true;
      return tree.nodes.has(PATH);
    };
    tree.put('/services/db');
    await create().start();
    expect(await owner()).to.equal(session.sessionId);
    expect(session.calls.filter((call) => call.startsWith('multi'))).to.deep.equal([]);
  });

  it('takes the place of a former run in one transaction', async () => {
    tree.put(PATH, dataOf('me', 0), 999n);
    await create().start();
    expect(session.calls).to.include(`multi remove ${PATH}, create ${PATH}`);
    expect(await owner()).to.equal(session.sessionId);
  });

  it('rejects with NameTaken and the owner, and leaves the other node alone', async () => {
    tree.put(PATH, dataOf('them'), 999n);
    const registration = create();
    const error = await registration.start().catch((reason: unknown) => reason);
    expect(error).to.deep.include({ code: 'NameTaken', path: PATH });
    expect((error as { owner: unknown }).owner).to.include({ sessionId: '0x3e7', key: 'them' });
    expect(registration.state.kind).to.equal('closed');
    expect(tree.node(PATH).owner).to.equal(999n);
  });

  it('takes a name that becomes free within the grace time', async () => {
    tree.put(PATH, dataOf('them'), 999n);
    const registration = create({ nameTakenGraceMs: 5000 });
    const started = registration.start();
    await eventually(() => expect(registration.state.kind).to.equal('waiting'));
    tree.delete(PATH);
    await started;
    expect(await owner()).to.equal(session.sessionId);
  });

  it('says NameTaken when it is aborted while it waits for the name', async () => {
    tree.put(PATH, dataOf('them'), 999n);
    const abort = new AbortController();
    const registration = create({ nameTakenGraceMs: Number.POSITIVE_INFINITY });
    const started = registration.start({ signal: abort.signal }).catch((reason: unknown) => reason);
    await eventually(() => expect(registration.state.kind).to.equal('waiting'));
    abort.abort();
    expect(await started).to.include({ code: 'NameTaken' });
  });

  it('gives up on what no repetition helps, and repeats what it does', async () => {
    session.failWith = (call) => (call.startsWith('create') ? 'NoAuth' : undefined);
    expect(
      await create()
        .start()
        .catch((reason: unknown) => reason),
    ).to.include({ code: 'NoAuth' });

    let failures = 3;
    session.failWith = () => (failures-- > 0 ? 'OperationTimeout' : undefined);
    const attempts: number[] = [];
    const registration = create();
    registration.on('failed', (_error, attempt) => attempts.push(attempt));
    await registration.start();
    expect(attempts).to.deep.equal([1, 2, 3]);
  });

  it('puts the same bytes back when its node is deleted, without composing anew', async () => {
    const causes: string[] = [];
    let composed = 0;
    const compose = ({ cause }: Composition): Uint8Array => {
      causes.push(cause);
      composed += 1;
      return dataOf('me', composed);
    };
    const registration = create({ data: compose });
    await registration.start();
    const before = tree.node(PATH);
    tree.delete(PATH);
    await eventually(() => expect(tree.nodes.get(PATH)?.czxid).to.not.be.oneOf([before.czxid, undefined]));
    expect(tree.node(PATH).data).to.deep.equal(before.data);
    expect(causes).to.deep.equal(['join']);
  });

  it('bounds what it does about a script that deletes its node all the time', async () => {
    await create().start();
    session.calls.length = 0;
    const endMs = performance.now() + 500;
    while (performance.now() < endMs) {
      tree.delete(PATH);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(session.calls.filter((call) => call.startsWith('create')).length).to.be.at.most(5);
    await eventually(() => expect(tree.nodes.has(PATH)).to.equal(true));
  });

  it('joins anew in a new session when its node is gone', async () => {
    const causes: string[] = [];
    const registration = create({
      data: ({ cause }) => {
        causes.push(cause);
        return dataOf('me');
      },
    });
    await registration.start();
    const kinds: string[] = [];
    registration.on('state', (state) => kinds.push(state.kind));
    session.suspend();
    session.lose();
    session.connect();
    await registration.whenRegistered();
    expect(await owner()).to.equal(session.sessionId);
    expect(causes).to.deep.equal(['join', 'join']);
    expect(kinds).to.deep.equal(['suspended', 'registering', 'registered']);
  });

  it('continues its own node of the lost session when that still stands', async () => {
    const causes: string[] = [];
    const registration = create({
      key: 'h/1/x',
      data: ({ cause, standing }) => {
        causes.push(`${cause} ${standing === undefined ? 'nothing' : 'something'}`);
        return dataOf('h/1/x');
      },
      around: { pid: 1, isAlive: () => true, isHeldHere: () => true },
    });
    await registration.start();
    session.lose({ keepNodes: true });
    session.connect();
    await registration.whenRegistered();
    expect(await owner()).to.equal(session.sessionId);
    expect(causes.at(-1)).to.equal('takeover something');
  });

  it('leaves the name to a later run of itself, and takes it back when that goes', async () => {
    const registration = create();
    await registration.start();
    const later = new FakeSession(tree);
    await later.multi([
      { op: 'remove', path: PATH },
      { op: 'create', path: PATH, data: dataOf('me', 2), ephemeral: true },
    ]);
    await eventually(() => expect(registration.state).to.include({ kind: 'waiting', claim: 'displaced' }));
    expect(tree.node(PATH).owner).to.equal(later.sessionId);
    tree.delete(PATH);
    await eventually(() => expect(tree.nodes.get(PATH)?.owner).to.equal(session.sessionId));
  });

  it('does not fight with a live registrant that each takes for dead: the later one has the name', async () => {
    const replaced: bigint[] = [];
    // Two containers with one host name: both have pid 1, and neither sees the other.
    const inContainer = (key: string): Partial<RegistrationOptions> => ({
      session: new FakeSession(tree),
      key,
      around: { pid: 1, isAlive: () => false, isHeldHere: (other) => other === key },
    });
    const first = create(inContainer('node7/1/aaaa'));
    const second = create(inContainer('node7/1/bbbb'));
    await first.start();
    for (const registration of [first, second]) {
      registration.on('state', (state) => {
        if (state.kind === 'registered') replaced.push(state.czxid);
      });
    }
    await second.start();
    await eventually(() => expect(first.state).to.include({ kind: 'waiting', claim: 'displaced' }));
    // Longer than the spacing of passes: a fight would go on.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(replaced).to.deep.equal([tree.node(PATH).czxid]);
    expect(keyOf(tree.node(PATH).data)).to.equal('node7/1/bbbb');
    await second.close();
    await eventually(() => expect(first.state.kind).to.equal('registered'));
  });

  it('updates in place, and the last of several updates wins', async () => {
    const registration = create();
    await registration.start();
    const { czxid } = tree.node(PATH);
    await Promise.all([registration.update(dataOf('me', 2)), registration.update(dataOf('me', 3))]);
    expect(tree.node(PATH).czxid).to.equal(czxid);
    expect(tree.node(PATH).data).to.deep.equal(dataOf('me', 3));
  });

  it('writes an update made while it is disconnected after the next connection', async () => {
    const registration = create();
    await registration.start();
    session.suspend();
    const update = registration.update(dataOf('me', 2));
    session.connect();
    await update;
    expect(tree.node(PATH).data).to.deep.equal(dataOf('me', 2));
  });

  it('rejects an update whose signal aborts, and what waits when it is closed', async () => {
    const registration = create();
    await registration.start();
    session.suspend();
    const abort = new AbortController();
    const aborted = registration.update(dataOf('me', 2), { signal: abort.signal }).catch((reason: unknown) => reason);
    const waiting = registration.update(dataOf('me', 3)).catch((reason: unknown) => reason);
    abort.abort(new Error('enough'));
    expect(await aborted).to.include({ message: 'enough' });
    await registration.close();
    expect(await waiting).to.include({ code: 'Closed' });
    expect(await registration.update(dataOf('me', 4)).catch((reason: unknown) => reason)).to.include({
      code: 'Closed',
    });
  });

  it('withdraws its node on close, and no other', async () => {
    const registration = create();
    await registration.start();
    await registration.close();
    expect(tree.nodes.has(PATH)).to.equal(false);

    const displaced = create();
    await displaced.start();
    session.gate = (call) => (call.startsWith('getData') ? new Promise(() => undefined) : Promise.resolve());
    const later = new FakeSession(tree);
    tree.delete(PATH);
    tree.put(PATH, dataOf('them'), later.sessionId);
    session.gate = () => Promise.resolve();
    await displaced.close();
    expect(tree.node(PATH).owner).to.equal(later.sessionId);
  });

  it('closes at once while the look for its parent hangs, and leaves that to those who share it', async () => {
    let release = (): void => undefined;
    session.gate = (call) =>
      call.startsWith('ensurePath') ? new Promise((resolve) => (release = resolve)) : Promise.resolve();
    const abort = new AbortController();
    const aborted = create();
    const started = aborted.start({ signal: abort.signal }).catch((reason: unknown) => reason);
    const other = create({ key: 'other', path: `${PATH}2` });
    const otherStarted = other.start();
    await eventually(() => expect(session.calls).to.deep.equal(['ensurePath /services/db']));
    abort.abort(new Error('enough'));
    expect(await started).to.include({ message: 'enough' });
    await aborted.close();
    release();
    await otherStarted;
    expect(tree.nodes.has(PATH)).to.equal(false);
  });

  it('withdraws after the next connection what it could not withdraw on close', async () => {
    const registration = create();
    await registration.start();
    session.suspend();
    await registration.close();
    expect(tree.nodes.has(PATH)).to.equal(true);
    let failures = 1;
    session.failWith = (call) => (call.startsWith('remove') && failures-- > 0 ? 'ConnectionLoss' : undefined);
    session.connect();
    await eventually(() => expect(session.calls).to.include(`remove ${PATH}`));
    session.suspend();
    session.connect();
    await eventually(() => expect(tree.nodes.has(PATH)).to.equal(false));
    const calls = session.calls.length;
    session.suspend();
    session.connect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(session.calls.length).to.equal(calls);
  });

  it('withdraws nothing of a later registration of the same session', async () => {
    const former = create();
    await former.start();
    session.suspend();
    await former.close();
    const later = create();
    const started = later.start();
    session.connect();
    await started;
    session.calls.length = 0;
    await eventually(() => expect(later.state.kind).to.equal('registered'));
    session.suspend();
    session.connect();
    await later.whenRegistered();
    expect(session.calls.filter((call) => call.startsWith('remove'))).to.deep.equal([]);
    expect(tree.nodes.has(PATH)).to.equal(true);
  });

  it('cannot be started in the moment in which it is closed', async () => {
    const registration = create();
    const closed = registration.close();
    expect(await registration.start().catch((reason: unknown) => reason)).to.include({ code: 'Closed' });
    await closed;
    expect(session.listenerCount('state')).to.equal(0);
    expect(session.setupCount).to.equal(0);
    expect(session.calls).to.deep.equal([]);
  });

  it('closes by itself when the session is closed, and says why', async () => {
    const registration = create();
    await registration.start();
    session.close();
    await eventually(() => expect(registration.state).to.include({ kind: 'closed' }));
    expect(registration.state).to.have.nested.property('reason.code', 'Closed');
  });

  it('gives every caller of close the same promise and leaves no listener behind', async () => {
    const registration = create();
    await registration.start();
    expect(registration.close()).to.equal(registration.close());
    await registration.close();
    expect(session.listenerCount('state')).to.equal(0);
    expect(session.setupCount).to.equal(0);
    expect(tree.watches).to.deep.equal([]);
    session.connect();
    expect(session.calls.filter((call) => call.startsWith('create'))).to.have.length.at.most(2);
  });
});
