import { eventually } from '@pulsekeeper/test-support';
import type { Logger } from '@pulsekeeper/model';
import { expect } from 'chai';
import type { CollectorRecord } from '../../src/collector-record.ts';
import { serializeCollector } from '../../src/collector-record.ts';
import type { DirectoryDiff } from '../../src/directory-content.ts';
import { longestPollMs, type DirectoryOptions } from '../../src/directory-options.ts';
import { Directory } from '../../src/directory.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

function collector(id: string, patch: Partial<CollectorRecord> = {}): Uint8Array {
  const base = { host: 'h', statusUrl: 'http://h:1', capacity: 1, state: 'active', version: '1' } as const;
  return serializeCollector({ ...base, id, activeFromMs: 5, incarnation: 'h/1/a', ...patch });
}

describe('Directory', () => {
  let tree: FakeTree;
  let session: FakeSession;
  let made: Directory[];

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    made = [];
    for (const path of ['/services/a/1', '/services/a/2', '/services/b/1']) tree.put(path, '', 7n);
    tree.put('/services/b', '{"interval":"5s"}');
    tree.put('/collectors/c1', collector('c1'));
    tree.put('/defaults', '{"retries":1}');
  });

  afterEach(async () => {
    await Promise.all(made.map((directory) => directory.stop()));
  });

  function create(options: Partial<DirectoryOptions> = {}): Directory {
    const directory = new Directory({ session, coalesceMs: 10, random: () => 0.5, ...options });
    made.push(directory);
    return directory;
  }

  function record(directory: Directory): DirectoryDiff[] {
    const diffs: DirectoryDiff[] = [];
    directory.on('changed', (_view, diff) => diffs.push(diff));
    return diffs;
  }

  it('is current once everything was read over the present connection', async () => {
    const directory = create();
    expect(directory.isCurrent).to.equal(false);
    await directory.start();
    expect(directory.isCurrent).to.equal(true);
    session.suspend();
    expect(directory.isCurrent).to.equal(false);
    let release = (): void => undefined;
    session.gate = () => new Promise((resolve) => (release = resolve));
    session.connect();
    expect(directory.isCurrent).to.equal(false);
    await eventually(() => expect(session.calls.length).to.be.greaterThan(0));
    expect(directory.isCurrent, 'while reading').to.equal(false);
    session.gate = () => Promise.resolve();
    release();
    await eventually(() => expect(directory.isCurrent).to.equal(true));
  });

  it('is not current while the reading after a reconnect fails', async () => {
    const directory = create();
    await directory.start();
    session.suspend();
    session.failWith = (call) => (call.includes('/services/a') ? 'ConnectionLoss' : undefined);
    session.connect();
    await eventually(() => expect(directory.stats.failures).to.be.greaterThan(0));
    expect(directory.isCurrent).to.equal(false);
    session.failWith = () => undefined;
    await eventually(() => expect(directory.isCurrent).to.equal(true));
  });

  it('has everything in its first view', async () => {
    const directory = create();
    expect(directory.view).to.include({ version: 0 });
    const diffs = record(directory);
    await directory.start();
    const { view } = directory;
    expect(view.targetIds).to.deep.equal(['a/1', 'a/2', 'b/1']);
    expect(view.rules.get('b')).to.deep.equal({ intervalMs: 5000 });
    expect(view.rules.has('a')).to.equal(false);
    expect(view.defaults.rule).to.deep.equal({ retries: 1 });
    expect(view.collectors.get('c1')).to.include({ id: 'c1', activeFromMs: 5 });
    expect(view.problems).to.deep.equal([]);
    expect(diffs).to.have.length(1);
    expect(diffs[0]?.addedTargets).to.deep.equal(['a/1', 'a/2', 'b/1']);
  });

  it('is complete on a cluster where nothing was ever created, and sees the first registration', async () => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    const directory = create();
    await directory.start();
    expect(directory.view).to.include({ version: 1 });
    expect(directory.view.targetIds).to.deep.equal([]);
    tree.put('/services/new/1');
    tree.put('/collectors/c9', collector('c9'));
    tree.put('/defaults', '{"retries":3}');
    await eventually(() => {
      expect(directory.view.targetIds).to.deep.equal(['new/1']);
      expect([...directory.view.collectors.keys()]).to.deep.equal(['c9']);
      expect(directory.view.defaults.rule).to.deep.equal({ retries: 3 });
    });
  });

  it('follows instances, services, rules, defaults and collectors with exact diffs', async () => {
    const directory = create();
    await directory.start();
    const steps: [change: () => void, expected: Partial<DirectoryDiff>][] = [
      [() => tree.put('/services/a/3'), { addedTargets: ['a/3'] as never }],
      [() => tree.delete('/services/a/1'), { removedTargets: ['a/1'] as never }],
      [() => tree.put('/services/a', '{"retries":0}'), { changedRules: ['a'] }],
      [() => tree.put('/services/a', ''), { changedRules: ['a'] }],
      [() => tree.put('/services/c'), { changedServices: ['c'] }],
      [() => tree.put('/services/c/1'), { addedTargets: ['c/1'] as never }],
      [() => tree.put('/defaults', '{}'), { haveDefaultsChanged: true }],
      [() => tree.put('/collectors/c1', collector('c1', { state: 'draining' })), { changedCollectors: ['c1'] }],
      [() => tree.put('/collectors/c2', collector('c2')), { changedCollectors: ['c2'] }],
      [() => tree.delete('/collectors/c1'), { changedCollectors: ['c1'] }],
    ];
    const none = {
      addedTargets: [],
      removedTargets: [],
      changedServices: [],
      changedCollectors: [],
      changedRules: [],
      haveDefaultsChanged: false,
    };
    for (const [change, expected] of steps) {
      const diffs = record(directory);
      change();
      await eventually(() => expect(diffs).to.have.length(1));
      expect(diffs).to.deep.equal([{ ...none, ...expected }]);
      directory.removeAllListeners('changed');
    }
  });

  it('removes the targets of a service that was deleted as a whole', async () => {
    const directory = create();
    await directory.start();
    tree.delete('/services/a');
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['b/1']));
    tree.put('/services/a/9');
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['a/9', 'b/1']));
  });

  it('gives no partial view when the session fails in the middle of a reading', async () => {
    const directory = create();
    await directory.start();
    const { view } = directory;
    const failures: number[] = [];
    directory.on('failed', (_error, attempt) => failures.push(attempt));
    session.failWith = (call) => (call === 'getChildren /services/b' ? 'ConnectionLoss' : undefined);
    session.suspend();
    tree.delete('/services/a/1');
    tree.delete('/services/b/1');
    tree.put('/services/b/2');
    session.connect();
    await eventually(() => expect(failures.length).to.be.at.least(2));
    expect(directory.view).to.equal(view);
    session.failWith = () => undefined;
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['a/2', 'b/2']));
    expect(directory.view.version).to.equal(view.version + 1);
  });

  it('reads everything again after a new session, and watches again', async () => {
    const directory = create();
    await directory.start();
    session.suspend();
    session.lose();
    tree.watches.length = 0;
    tree.put('/services/a/3');
    expect(directory.view.targetIds).to.not.include('a/3');
    session.connect();
    await eventually(() => expect(directory.view.targetIds).to.include('a/3'));
    tree.put('/services/a/4');
    await eventually(() => expect(directory.view.targetIds).to.include('a/4'));
  });

  it('finds out by itself, in time, when a watch was lost', async () => {
    const directory = create({ resyncIntervalMs: 50 });
    await directory.start();
    tree.watches.length = 0;
    tree.put('/services/a/3');
    await eventually(() => expect(directory.view.targetIds).to.include('a/3'));
  });

  it('reads nothing again when it is told to resync never', async () => {
    const directory = create({ resyncIntervalMs: Number.POSITIVE_INFINITY });
    await directory.start();
    const calls = session.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(session.calls.length).to.equal(calls);
  });

  it('polls without a single watch', async () => {
    const directory = create({ mode: 'poll', pollIntervalMs: 20 });
    await directory.start();
    tree.put('/services/a/3');
    tree.put('/collectors/c2', collector('c2'));
    await eventually(() => {
      expect(directory.view.targetIds).to.include('a/3');
      expect(directory.view.collectors.has('c2')).to.equal(true);
    });
    expect(tree.watches).to.deep.equal([]);
  });

  it('does not call a view current that was not read again in time, when it polls', async () => {
    let monotonicMs = 0;
    const clock = { now: () => 0, monotonic: () => monotonicMs };
    const directory = create({ mode: 'poll', pollIntervalMs: 60_000, clock });
    await directory.start();
    expect(directory.isCurrent).to.equal(true);
    monotonicMs = longestPollMs(60_000) + 1_000;
    expect(directory.isCurrent).to.equal(true);
    monotonicMs += 1;
    expect(directory.isCurrent).to.equal(false);
  });

  it('skips what it cannot understand, says why once, and goes on with the rest', async () => {
    const warnings: object[] = [];
    const logger = {
      warn: (fields: object) => warnings.push(fields),
      debug: () => 0,
      child: () => logger,
    } as never as Logger;
    tree.put(`/services/a/${'x'.repeat(201)}`);
    tree.put('/services/ bad');
    tree.put('/services/b', '{"interval":"0"}');
    tree.put('/collectors/c2', '{"id":"other"}');
    tree.put('/collectors/c3', collector('c4'));
    tree.put('/defaults', 'nonsense');
    const directory = create({ logger, resyncIntervalMs: 20 });
    const problems: string[] = [];
    directory.on('problem', ({ path }) => problems.push(path));
    await directory.start();
    const paths = [
      '/collectors/c2',
      '/collectors/c3',
      '/defaults',
      '/services/ bad',
      `/services/a/${'x'.repeat(201)}`,
      '/services/b',
    ];
    expect(directory.view.problems.map(({ path }) => path).sort()).to.deep.equal(paths);
    for (const { reason } of directory.view.problems) expect(reason.length).to.be.within(5, 300);
    expect(directory.view.targetIds).to.deep.equal(['a/1', 'a/2', 'b/1']);
    expect([...directory.view.collectors.keys()]).to.deep.equal(['c1']);
    const { reads } = directory.stats;
    await eventually(() => expect(directory.stats.reads).to.be.above(reads + 20));
    expect(problems.sort()).to.deep.equal(paths);
    expect(warnings).to.have.length(paths.length);

    tree.put('/services/b', '{"interval":"1s"}');
    tree.put('/collectors/c2', collector('c2'));
    for (const path of ['/collectors/c3', '/services/ bad', `/services/a/${'x'.repeat(201)}`]) tree.delete(path);
    tree.put('/defaults', '');
    await eventually(() => expect(directory.view.problems).to.deep.equal([]));
    expect(directory.view.rules.get('b')).to.deep.equal({ intervalMs: 1000 });
    expect(directory.view.collectors.has('c2')).to.equal(true);
  });

  it('keeps the last rule that could be understood', async () => {
    const directory = create();
    await directory.start();
    tree.put('/services/b', '{"interval":');
    tree.put('/defaults', '[]');
    await eventually(() => expect(directory.view.problems).to.have.length(2));
    expect(directory.view.rules.get('b')).to.deep.equal({ intervalMs: 5000 });
    expect(directory.view.defaults.rule).to.deep.equal({ retries: 1 });
  });

  it('takes a collector out whose record became wrong', async () => {
    const directory = create();
    await directory.start();
    tree.put('/collectors/c1', '{}');
    await eventually(() => expect(directory.view.collectors.size).to.equal(0));
    tree.put('/collectors/c1', collector('c1'));
    await eventually(() => expect(directory.view.collectors.size).to.equal(1));
  });

  it('keeps nothing of collectors that came and went, whose records never were right', async () => {
    const directory = create({ coalesceMs: 0 });
    await directory.start();
    const given = new Map<string, unknown>();
    const getData = session.getData.bind(session);
    session.getData = (path, options) => {
      given.set(path, options?.watch);
      return getData(path, options);
    };
    const seen = async (path: string, isThere: boolean): Promise<unknown> => {
      await eventually(() =>
        expect(directory.view.problems.some((problem) => problem.path === path)).to.equal(isThere),
      );
      return given.get(path);
    };
    tree.put('/collectors/bad', '{}');
    const first = await seen('/collectors/bad', true);
    tree.delete('/collectors/bad');
    await seen('/collectors/bad', false);
    tree.put('/collectors/bad', '{}');
    // The same function again would mean that the old one was kept.
    expect(await seen('/collectors/bad', true))
      .to.be.a('function')
      .and.not.equal(first);
  });

  it('keeps what it knew of a service that may not be read', async () => {
    const directory = create();
    await directory.start();
    session.failWith = (call) => (call === 'getChildren /services/a' ? 'NoAuth' : undefined);
    session.suspend();
    tree.delete('/services/a/1');
    tree.put('/services/b/2');
    session.connect();
    await eventually(() => expect(directory.view.targetIds).to.include('b/2'));
    expect(directory.view.targetIds).to.include('a/1');
    expect(directory.view.problems).to.have.length(1);
    session.failWith = () => undefined;
    session.suspend();
    session.connect();
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['a/2', 'b/1', 'b/2']));
    expect(directory.view.problems).to.deep.equal([]);
  });

  it('keeps everything for the grace time when the data of the server is gone, and adds what comes back', async () => {
    const directory = create({ suspectGraceMs: 400 });
    await directory.start();
    const suspicions: string[] = [];
    directory.on('suspect', (reason) => suspicions.push(reason));
    const seen: number[] = [];
    directory.on('changed', (view) => seen.push(view.targetIds.length));
    session.lose();
    tree.wipe();
    session.connect();
    await eventually(() => expect(suspicions).to.deep.equal(['/services is missing']));
    tree.put('/services/a/2');
    tree.put('/services/n/1');
    await eventually(() => expect(directory.view.targetIds).to.include('n/1'));
    expect(directory.view.targetIds).to.deep.equal(['a/1', 'a/2', 'b/1', 'n/1']);
    expect(directory.view.collectors.has('c1')).to.equal(true);
    expect(directory.isSuspect).to.equal(true);
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['a/2', 'n/1']));
    expect(directory.isSuspect).to.equal(false);
    expect(directory.view.collectors.size).to.equal(0);
    expect(Math.min(...seen)).to.equal(2);
  });

  it('believes what leaves within the grace time, once the new tree has shown it', async () => {
    tree.put('/collectors/c5', collector('c5'));
    const directory = create({ suspectGraceMs: 60_000 });
    await directory.start();
    session.lose();
    tree.wipe();
    for (const path of ['/services/a/1', '/services/b/1']) tree.put(path, '', 8n);
    tree.put('/services/b', '{"interval":"5s"}');
    tree.put('/collectors/c1', collector('c1'));
    tree.put('/collectors/c5', collector('c5'));
    session.connect();
    await eventually(() => expect(directory.isSuspect).to.equal(true));
    tree.put('/collectors/c5', collector('c5', { state: 'draining', drainAtMs: 1000 }));
    await eventually(() => expect(directory.view.collectors.get('c5')).to.include({ state: 'draining' }));
    const seen: (string | undefined)[] = [];
    directory.on('changed', (view) => seen.push(view.collectors.get('c5')?.state));
    tree.delete('/collectors/c5');
    tree.delete('/services/a/1');
    tree.put('/services/b', '');
    await eventually(() => {
      expect([...directory.view.collectors.keys()]).to.deep.equal(['c1']);
      // Never seen in the new tree, a/2 is still held.
      expect(directory.view.targetIds).to.deep.equal(['a/2', 'b/1']);
      expect(directory.view.rules.has('b')).to.equal(false);
    });
    expect(directory.isSuspect).to.equal(true);
    expect(seen).to.not.include('active');
  });

  it('removes at once when all instances leave in order', async () => {
    const directory = create({ suspectGraceMs: 60_000 });
    await directory.start();
    for (const path of ['/services/a/1', '/services/a/2', '/services/b/1']) tree.delete(path);
    await eventually(() => expect(directory.view.targetIds).to.deep.equal([]));
    expect(directory.isSuspect).to.equal(false);
  });

  it('coalesces: a storm of changes costs a bounded number of lists', async () => {
    const directory = create({ coalesceMs: 50 });
    await directory.start();
    const before = session.calls.length;
    const startMs = performance.now();
    for (let round = 0; round < 100; round += 1) {
      tree.put(`/services/a/s${round}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const elapsedMs = performance.now() - startMs;
    await eventually(() => expect(directory.view.services.get('a')?.size).to.equal(102));
    expect(session.calls.length - before).to.be.within(2, elapsedMs / 50 + 3);
  });

  it('goes on when a listener throws', async () => {
    const directory = create();
    directory.on('changed', () => {
      throw new Error('a listener that throws');
    });
    await directory.start();
    tree.put('/services/a/3');
    await eventually(() => expect(directory.view.targetIds).to.include('a/3'));
  });

  it('stops when the signal aborts its start, and whenever it is told to', async () => {
    const late = new FakeSession(tree, { isConnected: false });
    const directory = create({ session: late });
    const abort = new AbortController();
    const started = directory.start({ signal: abort.signal }).catch((reason: unknown) => reason);
    abort.abort(new Error('enough'));
    expect(await started).to.include({ message: 'enough' });
    late.connect();
    expect(late.calls).to.deep.equal([]);

    const running = create();
    await running.start();
    expect(running.stop()).to.equal(running.stop());
    await running.stop();
    const calls = session.calls.length;
    tree.put('/services/a/3');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(session.calls.length).to.equal(calls);
    expect(running.view.targetIds).to.have.length(3);
    expect(session.setupCount).to.equal(0);
    expect(tree.watches).to.deep.equal([]);
    expect(await running.start().catch((reason: unknown) => reason)).to.include({ code: 'Closed' });
    expect(session.setupCount).to.equal(0);
  });

  it('refuses options that make no sense', () => {
    expect(() => create({ pollIntervalMs: 0 })).to.throw(RangeError, 'pollIntervalMs 0');
    expect(() => create({ coalesceMs: -1 })).to.throw(RangeError, 'coalesceMs -1');
    expect(() => create({ mode: 'pull' as 'poll' })).to.throw(RangeError, 'mode pull');
  });
});
