import { expect } from 'chai';
import { eventually, requireServers, startRedisCluster, type RedisCluster } from '@pulsekeeper/test-support';
import { parseSelector } from '@pulsekeeper/model';
import { Ledger } from './ledger.ts';
import { collect, idOf, startStore } from './store-support.ts';

describe('store on a redis cluster', () => {
  let cluster: RedisCluster;

  before(async function () {
    this.timeout(60_000);
    requireServers();
    cluster = await startRedisCluster(3);
  });

  it('spreads targets over the primaries and reads them all', async () => {
    const store = await startStore({ url: cluster.url, keyPrefix: 'spread' });
    const ledger = new Ledger(store, 12);
    ledger.append(10);
    await ledger.expectAll();
    const sizes = await Promise.all(cluster.primaries.map(async (node) => Number(await node.cli('DBSIZE'))));
    expect(Math.min(...sizes)).to.be.greaterThan(0);
    expect(await collect(store.reader.select(parseSelector('up'), 0, 1e15))).to.have.length(12);
    expect([...(await store.writer.lastSlots([idOf('i0'), idOf('i1')])).values()]).not.to.include(undefined);
    expect((await store.reader.lastReports([idOf('i0'), idOf('i11')])).size).to.equal(2);
    expect(await store.inspectServer()).to.have.length(3);
  });

  it('follows slots that move', async () => {
    const store = await startStore({ url: cluster.url, keyPrefix: 'move' });
    const ledger = new Ledger(store, 6);
    ledger.append(5);
    await store.flush();
    const before = await redirections(cluster);
    await moveTarget(cluster, 'move:{api/i0}:frames', () => ledger.append(5));
    ledger.append(5);
    await ledger.expectAll();
    expect(await redirections(cluster)).to.be.greaterThan(before);
  });

  it('goes on writing to the other primaries while one of three stands still, however many targets that one has', async () => {
    const store = await startStore({ url: cluster.url, keyPrefix: 'still' });
    const targets = 300;
    const ledger = new Ledger(store, targets);
    ledger.append(1);
    await store.flush();
    const [node] = cluster.primaries;
    const slots = new Set<number>();
    const keys = (await node!.cli('KEYS', 'still:*:frames')).split('\n').filter((key) => key !== '');
    for (const key of keys) slots.add(Number(/i(\d+)/.exec(key)?.[1]));
    expect(slots.size)
      .to.be.greaterThan(64)
      .and.lessThan(targets - 64);
    node!.freeze();
    for (const round of [1, 2, 3]) {
      ledger.append(1);
      const settled = targets + round * (targets - slots.size);
      await eventually(() => expect(ledger.outcomes.length).to.be.at.least(settled), { timeoutMs: 1_000 });
    }
    expect(store.health().bufferedFrames).to.be.at.least(slots.size);
    node!.thaw();
    await ledger.expectAll();
    expect(store.health().state).to.equal('ready');
  }).timeout(60_000);

  it('waits for a primary that is down', async () => {
    const store = await startStore({ url: cluster.url, keyPrefix: 'down', commandTimeoutMs: 300 });
    const ledger = new Ledger(store, 6);
    ledger.append(5);
    await store.flush();
    const [node] = cluster.primaries;
    node!.freeze();
    ledger.append(5);
    await eventually(() => expect(Object.keys(store.health().errors)).not.to.deep.equal([]));
    node!.thaw();
    ledger.append(1);
    await ledger.expectAll();
  }).timeout(30_000);

  it('waits while nobody has a slot and the cluster is down', async () => {
    // A reply that came too late would be followed by a new connection, which cannot be had while the cluster is down.
    const store = await startStore({ url: cluster.url, keyPrefix: 'gap', commandTimeoutMs: 10_000 });
    const ledger = new Ledger(store, 6);
    ledger.append(5);
    await store.flush();
    const slot = await cluster.primaries[0]!.cli('CLUSTER', 'KEYSLOT', 'gap:{api/i0}:frames');
    const owner = cluster.primaries[await ownerOf(cluster, slot)]!;
    for (const node of cluster.primaries) await node.cli('CLUSTER', 'DELSLOTS', slot);
    ledger.append(5);
    await eventually(() => expect(store.health().errors).to.include.keys('CLUSTERDOWN'));
    const id = await owner.cli('CLUSTER', 'MYID');
    for (const node of [owner, ...cluster.primaries]) await node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', id);
    await ledger.expectAll();
  }).timeout(30_000);
});

describe('store on a redis cluster with replicas', () => {
  it('goes on with a promoted replica when a primary is killed, and loses nothing', async () => {
    requireServers();
    const cluster = await startRedisCluster(3, { replicas: 1, nodeTimeoutMs: 500 });
    const store = await startStore({ url: cluster.url, commandTimeoutMs: 300 });
    const ledger = new Ledger(store, 12);
    ledger.append(5);
    await store.flush();
    await cluster.primaries[0]!.kill();
    ledger.append(5);
    await eventually(async () => expect(await cluster.replicas[0]!.cli('ROLE')).to.match(/^master/), {
      timeoutMs: 15_000,
    });
    ledger.append(1);
    await eventually(() => expect(store.health().bufferedFrames).to.equal(0), { timeoutMs: 10_000 });
    // A read has 300 ms, which a busy machine may exceed.
    await eventually(() => ledger.expectAll(), { timeoutMs: 10_000 });
  }).timeout(60_000);
});

/** Which of the primaries has the keys of a slot. */
async function ownerOf(cluster: RedisCluster, slot: string): Promise<number> {
  const counts = await Promise.all(
    cluster.primaries.map(async (node) => Number(await node.cli('CLUSTER', 'COUNTKEYSINSLOT', slot))),
  );
  return counts.findIndex((count) => count > 0);
}

/** How often nodes answered with `MOVED` or `ASK`. */
async function redirections(cluster: RedisCluster): Promise<number> {
  let count = 0;
  for (const node of cluster.primaries) {
    const stats = await node.cli('INFO', 'errorstats');
    for (const [, found] of stats.matchAll(/errorstat_(?:MOVED|ASK):count=(\d+)/g)) count += Number(found);
  }
  return count;
}

/** Moves the hash slot of a key to the next primary, with `during` in the middle of it. */
async function moveTarget(cluster: RedisCluster, key: string, during: () => void): Promise<void> {
  const slot = await cluster.primaries[0]!.cli('CLUSTER', 'KEYSLOT', key);
  const from = await ownerOf(cluster, slot);
  const to = (from + 1) % cluster.primaries.length;
  const source = cluster.primaries[from]!;
  const target = cluster.primaries[to]!;
  const [sourceId, targetId] = await Promise.all([source.cli('CLUSTER', 'MYID'), target.cli('CLUSTER', 'MYID')]);
  await target.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId);
  await source.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId);
  const keys = (await source.cli('CLUSTER', 'GETKEYSINSLOT', slot, 100)).split('\n');
  await source.cli('MIGRATE', '127.0.0.1', target.port, '', 0, 5000, 'KEYS', ...keys);
  during();
  for (const node of [target, source, ...cluster.primaries])
    await node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', targetId);
}
