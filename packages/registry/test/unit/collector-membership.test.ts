import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { CollectorMembership, type CollectorMembershipOptions } from '../../src/collector-membership.ts';
import { parseCollector, serializeCollector, type CollectorRecord } from '../../src/collector-record.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

const PATH = '/collectors/c1';

describe('CollectorMembership', () => {
  let tree: FakeTree;
  let session: FakeSession;
  let nowMs: number;
  let made: CollectorMembership[];

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    nowMs = 1_000_000;
    made = [];
  });

  afterEach(async () => {
    await Promise.all(made.map((membership) => membership.close()));
  });

  function create(options: Partial<CollectorMembershipOptions> = {}): CollectorMembership {
    const membership = new CollectorMembership({
      session,
      announcement: { id: 'c1', host: 'h', statusUrl: 'http://h:1', capacity: 1, version: '1' },
      clock: { now: () => nowMs, monotonic: () => performance.now() },
      random: () => 0,
      nameTakenGraceMs: 0,
      around: { pid: 1, isAlive: () => false, isHeldHere: () => false },
      incarnation: 'h/1/a',
      ...options,
    });
    made.push(membership);
    return membership;
  }

  function standing(): CollectorRecord {
    const parsed = parseCollector(tree.node(PATH).data);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.value;
  }

  it('joins with a first slot that all can have heard of', async () => {
    const membership = create();
    await membership.start();
    expect(standing()).to.include({ id: 'c1', state: 'active', activeFromMs: nowMs + 1500, incarnation: 'h/1/a' });
    expect(membership.record).to.deep.equal(standing());
  });

  it('keeps its first slot when it takes the place of its own active node', async () => {
    const former = create({ incarnation: 'h/7/x' });
    await former.start();
    session.lose({ keepNodes: true });
    nowMs += 60_000;
    await create({ session: new FakeSession(tree) }).start();
    expect(standing()).to.include({ activeFromMs: 1_001_500, incarnation: 'h/1/a' });
  });

  it('joins anew when the node that it replaces was draining, or cannot be understood', async () => {
    for (const change of [
      (record: CollectorRecord): object => ({ ...record, state: 'draining', drainAtMs: 1_002_000 }),
      ({ incarnation }: CollectorRecord): object => ({ incarnation }),
    ]) {
      tree = new FakeTree();
      session = new FakeSession(tree);
      await create({ incarnation: 'h/7/x' }).start();
      tree.node(PATH).data = Buffer.from(JSON.stringify(change(standing())));
      session.lose({ keepNodes: true });
      nowMs += 60_000;
      await create({ session: new FakeSession(tree) }).start();
      expect(standing()).to.include({ state: 'active', activeFromMs: nowMs + 1500 });
      expect(standing()).to.not.have.property('drainAtMs');
    }
  });

  it('keeps its first slot when its node is deleted by hand', async () => {
    await create().start();
    const before = standing();
    nowMs += 60_000;
    tree.delete(PATH);
    await eventually(() => expect(tree.nodes.has(PATH)).to.equal(true));
    expect(standing()).to.deep.equal(before);
  });

  it('joins anew after a lost session whose node is gone', async () => {
    const membership = create();
    await membership.start();
    nowMs += 60_000;
    session.lose();
    session.connect();
    await eventually(() => expect(membership.state.kind).to.equal('registered'));
    expect(standing().activeFromMs).to.equal(nowMs + 1500);
  });

  it('keeps its first slot when the server has lost its data, as long as others keep what they knew', async () => {
    let monotonicMs = 0;
    const membership = create({ clock: { now: () => nowMs, monotonic: () => monotonicMs } });
    await membership.start();
    const before = standing();
    nowMs += 60_000;
    session.lose({ keepNodes: true });
    tree.wipe();
    session.connect();
    await eventually(() => expect(membership.state.kind).to.equal('registered'));
    expect(standing()).to.deep.equal(before);
    // Lost once more: the others still count with us, and after a while they no longer do.
    for (const [afterMs, activeFromMs] of [
      [29_999, before.activeFromMs],
      [30_001, nowMs + 1500],
    ] as const) {
      monotonicMs = afterMs;
      session.lose();
      session.connect();
      await eventually(() => expect(membership.state.kind).to.equal('registered'));
      expect(standing()).to.include({ activeFromMs });
    }
  });

  it('keeps its first slot on an empty server where another collector was quicker', async () => {
    const membership = create();
    await membership.start();
    const before = standing();
    nowMs += 60_000;
    session.lose({ keepNodes: true });
    tree.wipe();
    tree.put('/collectors/c2', serializeCollector({ ...before, id: 'c2' }));
    session.connect();
    await eventually(() => expect(membership.state.kind).to.equal('registered'));
    expect(standing()).to.deep.equal(before);
  });

  it('drains from one moment on, whatever is asked again', async () => {
    const membership = create();
    await membership.start();
    expect(await membership.drain()).to.equal(nowMs + 1500);
    const drainAtMs = nowMs + 1500;
    nowMs += 700;
    expect(await membership.drain()).to.equal(drainAtMs);
    expect(standing()).to.include({ state: 'draining', drainAtMs, activeFromMs: 1_001_500 });
  });

  it('drains at once without a hand-over time', async () => {
    const membership = create({ handoverMs: 0 });
    await membership.start();
    expect(await membership.drain()).to.equal(nowMs);
    expect(standing()).to.include({ state: 'draining', drainAtMs: nowMs });
  });

  it('is not draining before that stands: with ZooKeeper away nobody hears of it', async () => {
    const membership = create();
    await membership.start();
    session.suspend();
    const draining = membership.drain();
    nowMs += 10_000;
    expect(membership.record).to.not.have.property('drainAtMs');
    session.connect();
    expect(await draining).to.equal(nowMs + 1500);
    expect(standing()).to.include({ state: 'draining', drainAtMs: nowMs + 1500 });
    expect(membership.record.drainAtMs).to.equal(nowMs + 1500);
  });

  it('leaves a request to drain in place until it is answered, and overwrites anything else', async () => {
    const membership = create();
    await membership.start();
    tree.put(PATH, serializeCollector({ ...standing(), capacity: 7 }));
    await eventually(() => expect(standing()).to.include({ capacity: 1 }));
    tree.put(PATH, serializeCollector({ ...standing(), state: 'draining' }));
    await eventually(() => expect(membership.record.state).to.equal('draining'));
    await membership.update({ ring: '9f3a' });
    expect(standing()).to.include({ state: 'draining', ring: '9f3a' });
    expect(standing()).to.not.have.property('drainAtMs');
    const drainAtMs = await membership.drain();
    expect(standing()).to.include({ state: 'draining', drainAtMs });
    tree.put(PATH, serializeCollector({ ...standing(), drainAtMs: undefined }));
    await eventually(() => expect(standing()).to.include({ drainAtMs }));
  });

  it('announces the version of its ring in place', async () => {
    const membership = create();
    await membership.start();
    const { czxid } = tree.node(PATH);
    await membership.update({ ring: '9f3a' });
    expect(standing()).to.include({ ring: '9f3a' });
    expect(tree.node(PATH).czxid).to.equal(czxid);
  });

  it('refuses a wrong record and keeps the right one', async () => {
    expect(() => create({ announcement: { id: '..', host: 'h', statusUrl: 'x', capacity: 1, version: '1' } })).to.throw(
      'id',
    );
    const membership = create();
    await membership.start();
    const error = await membership.update({ capacity: -1 }).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'InvalidRecord' });
    await membership.update({ ring: '1' });
    expect(standing()).to.include({ capacity: 1, ring: '1' });
  });

  it('says who holds its id', async () => {
    const other = create({ session: new FakeSession(tree), incarnation: 'elsewhere/5/x' });
    await other.start();
    const error = await create()
      .start()
      .catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'NameTaken' });
    expect(error).to.have.nested.property('owner.key', 'elsewhere/5/x');
  });
});
