import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@pulsekeeper/test-support';
import { serializeInstance, targetId, type TargetId } from '@pulsekeeper/model';
import { expect } from 'chai';
import { InstanceWatcher, type InstanceWatcherOptions } from '../../src/instance-watcher.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

function instance(port: number): Uint8Array {
  return serializeInstance({ address: { host: '10.0.0.1', port } });
}

const [one, two, three] = [targetId('a', '1'), targetId('a', '2'), targetId('b', '3')];

describe('InstanceWatcher', () => {
  let tree: FakeTree;
  let session: FakeSession;
  let made: InstanceWatcher[];

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    made = [];
    tree.put('/services/a/1', instance(1));
    tree.put('/services/a/2', instance(2));
    tree.put('/services/b/3', instance(3));
  });

  afterEach(async () => {
    await Promise.all(made.map((watcher) => watcher.stop()));
  });

  async function start(options: Partial<InstanceWatcherOptions> = {}): Promise<InstanceWatcher> {
    const watcher = new InstanceWatcher({ session, coalesceMs: 5, random: () => 0.5, ...options });
    made.push(watcher);
    await watcher.start();
    return watcher;
  }

  function portOf(watcher: InstanceWatcher, id: TargetId): number | undefined {
    const parsed = watcher.get(id);
    return parsed?.ok === true ? parsed.value.address.port : undefined;
  }

  it('reads and watches what is wanted, and nothing else', async () => {
    const watcher = await start();
    watcher.setWanted([one, three]);
    await watcher.settled();
    expect([portOf(watcher, one), portOf(watcher, two), portOf(watcher, three)]).to.deep.equal([1, undefined, 3]);
    expect(session.calls.sort()).to.deep.equal(['getData /services/a/1', 'getData /services/b/3']);
    expect(tree.watches.map(({ path }) => path).sort()).to.deep.equal(['/services/a/1', '/services/b/3']);
  });

  it('tells of each change once, with the new data', async () => {
    const watcher = await start();
    const told: unknown[] = [];
    watcher.on('changed', (id, parsed) => told.push([id, parsed?.ok === true ? parsed.value.address.port : parsed]));
    watcher.setWanted([one]);
    await watcher.settled();
    tree.put('/services/a/1', instance(10));
    await eventually(() => expect(portOf(watcher, one)).to.equal(10));
    tree.put('/services/a/1', instance(10));
    tree.put('/services/a/2', instance(20));
    tree.put('/services/a/1', instance(11));
    await eventually(() => expect(portOf(watcher, one)).to.equal(11));
    expect(told).to.deep.equal([
      [one, 1],
      [one, 10],
      [one, 11],
    ]);
  });

  it('forgets at once what is wanted no more, and reads it again when it is wanted again', async () => {
    const watcher = await start();
    watcher.setWanted([one, two]);
    await watcher.settled();
    watcher.setWanted([two]);
    expect(watcher.get(one)).to.equal(undefined);
    tree.put('/services/a/1', instance(10));
    watcher.setWanted([one, two]);
    await watcher.settled();
    expect(portOf(watcher, one)).to.equal(10);
    expect(session.calls.filter((call) => call === 'getData /services/a/2')).to.have.length(1);
  });

  it('forgets a single one, and settles without it', async () => {
    const watcher = await start();
    const absent = targetId('a', 'absent');
    watcher.setWanted([one, two]);
    await watcher.settled();
    watcher.forget(one);
    watcher.forget(absent);
    expect([watcher.get(one), watcher.get(two)?.ok]).to.deep.equal([undefined, true]);
    watcher.setWanted([one, two, absent]);
    watcher.forget(one);
    watcher.forget(absent);
    await watcher.settled();
    expect(watcher.get(one)).to.equal(undefined);
    expect(session.calls.filter((call) => call === 'getData /services/a/2')).to.have.length(1);
  });

  it('keeps the last data of an instance that is gone, and finds it again', async () => {
    const watcher = await start();
    watcher.setWanted([one]);
    await watcher.settled();
    tree.delete('/services/a/1');
    await eventually(() => expect(session.calls.length).to.be.at.least(2));
    expect(portOf(watcher, one)).to.equal(1);
    tree.put('/services/a/1', instance(12));
    await eventually(() => expect(portOf(watcher, one)).to.equal(12));
    expect(session.calls.filter((call) => call.startsWith('exists'))).to.deep.equal([]);
  });

  it('does not look for an instance that went and is not wanted any more', async () => {
    const watcher = await start();
    watcher.setWanted([one, two]);
    await watcher.settled();
    tree.delete('/services/a/1');
    tree.put('/services/a/2', instance(20));
    await eventually(() => expect(portOf(watcher, two)).to.equal(20));
    watcher.setWanted([two]);
    await sleep(300);
    expect(session.calls.filter((call) => call === 'getData /services/a/1')).to.have.length(1);
  });

  it('settles, with nothing, on an instance that was never there', async () => {
    const watcher = await start();
    const told: unknown[] = [];
    watcher.on('changed', (id, parsed) => told.push([id, parsed]));
    const absent = targetId('a', 'absent');
    watcher.setWanted([absent]);
    await watcher.settled();
    expect(told).to.deep.equal([[absent, undefined]]);
    tree.put('/services/a/absent', instance(5));
    await eventually(() => expect(portOf(watcher, absent)).to.equal(5));
  });

  it('gives the reason of data that is wrong, and of a node that may not be read, and the others as they are', async () => {
    tree.put('/services/a/1', '{"address":"x"}');
    session.failWith = (call) => (call === 'getData /services/a/2' ? 'NoAuth' : undefined);
    const watcher = await start();
    watcher.setWanted([one, two, three]);
    await watcher.settled();
    expect(watcher.get(one)).to.have.property('ok', false);
    expect(watcher.get(two)).to.deep.include({ ok: false });
    expect(portOf(watcher, three)).to.equal(3);
    tree.put('/services/a/1', instance(4));
    await eventually(() => expect(portOf(watcher, one)).to.equal(4));
  });

  it('reads all that is wanted again after a reconnect, and again when that fails', async () => {
    const watcher = await start();
    const attempts: number[] = [];
    watcher.on('failed', (_error, attempt) => attempts.push(attempt));
    watcher.setWanted([one, two]);
    await watcher.settled();
    session.suspend();
    tree.watches.length = 0;
    tree.put('/services/a/1', instance(10));
    let failures = 2;
    session.failWith = () => (failures-- > 0 ? 'OperationTimeout' : undefined);
    session.connect();
    await eventually(() => expect(portOf(watcher, one)).to.equal(10));
    expect(attempts[0]).to.equal(1);
    expect(portOf(watcher, two)).to.equal(2);
  });

  it('reads 1,000 instances with bounded parallelism', async () => {
    const ids: TargetId[] = [];
    for (let index = 0; index < 1000; index += 1) {
      tree.put(`/services/many/i${index}`, instance(1 + index));
      ids.push(targetId('many', `i${index}`));
    }
    let [running, most] = [0, 0];
    session.gate = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    const watcher = await start({ concurrency: 16 });
    watcher.setWanted(ids);
    await watcher.settled();
    expect(most).to.equal(16);
    expect(portOf(watcher, targetId('many', 'i999'))).to.equal(1000);
  });

  it('polls what is wanted without a watch', async () => {
    const watcher = await start({ mode: 'poll', pollIntervalMs: 10 });
    watcher.setWanted([one]);
    await watcher.settled();
    tree.put('/services/a/1', instance(9));
    await eventually(() => expect(portOf(watcher, one)).to.equal(9));
    expect(tree.watches).to.deep.equal([]);
  });

  it('leaves nothing behind after 2,000 flaps of an instance', async () => {
    const watcher = await start();
    for (let round = 0; round < 2000; round += 1) {
      watcher.setWanted(round % 2 === 0 ? [one] : []);
      if (round % 100 === 0) await watcher.settled();
    }
    watcher.setWanted([one]);
    await watcher.settled();
    tree.put('/services/a/1', instance(77));
    const calls = session.calls.length;
    await eventually(() => expect(portOf(watcher, one)).to.equal(77));
    expect(session.calls.length - calls).to.be.at.most(2);
  });

  it('leaves no watch function in the session for what is wanted no more, or is somewhere else', async () => {
    let path = '/services/a/1';
    const watcher = await start({ placeOf: () => ({ path, source: undefined }) });
    for (let round = 0; round < 10; round += 1) {
      watcher.setWanted([one]);
      await watcher.settled();
      watcher.setWanted([]);
      expect(tree.watches).to.deep.equal([]);
    }
    watcher.setWanted([one]);
    await watcher.settled();
    path = '/services/a/2';
    watcher.refreshPlaces();
    await eventually(() => expect(portOf(watcher, one)).to.equal(2));
    expect(tree.watches.map((watch) => watch.path)).to.deep.equal(['/services/a/2']);
    // Given up while it is being read.
    path = '/services/b/3';
    watcher.refreshPlaces();
    await eventually(() => expect(session.calls.at(-1)).to.equal('getData /services/b/3'));
    watcher.setWanted([]);
    await eventually(() => expect(tree.watches).to.deep.equal([]));
  });

  it('leaves no setup and no watch behind when it is stopped, however often it was started, and stays stopped', async () => {
    const watcher = await start();
    await watcher.start();
    expect(session.setupCount).to.equal(1);
    watcher.setWanted([one, two]);
    await watcher.settled();
    expect(watcher.stop()).to.equal(watcher.stop());
    await watcher.stop();
    expect(session.setupCount).to.equal(0);
    expect(tree.watches).to.deep.equal([]);
    expect(await watcher.start().catch((reason: unknown) => reason)).to.include({ code: 'Closed' });
    expect(session.setupCount).to.equal(0);
    expect(portOf(watcher, one)).to.equal(1);
  });

  it('refuses options that make no sense', () => {
    expect(() => new InstanceWatcher({ session, concurrency: 0 })).to.throw(RangeError, 'concurrency 0');
    expect(() => new InstanceWatcher({ session, mode: 'pull' as 'poll' })).to.throw(RangeError, 'mode pull');
  });

  it('settles when it is stopped', async () => {
    const late = new FakeSession(tree, { isConnected: false });
    const watcher = await start({ session: late });
    watcher.setWanted([one]);
    const settled = watcher.settled();
    await watcher.stop();
    await settled;
    const abort = AbortSignal.abort(new Error('enough'));
    const waiting = await start({ session: late });
    waiting.setWanted([one]);
    expect(await waiting.settled({ signal: abort }).catch((reason: unknown) => reason)).to.include({
      message: 'enough',
    });
  });
});
