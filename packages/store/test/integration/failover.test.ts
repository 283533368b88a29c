import { expect } from 'chai';
import { eventually, requireServers, startRedis, TcpProxy } from '@pulsekeeper/test-support';
import { Ledger } from './ledger.ts';
import { range, startStore, storedSteps } from './store-support.ts';

describe('store over a fail-over', () => {
  before(() => requireServers());

  it('writes again what the promoted replica never got', async () => {
    const primary = await startRedis();
    const replica = await startRedis();
    const replication = await TcpProxy.start({ target: { port: primary.port } });
    await replica.cli('REPLICAOF', '127.0.0.1', replication.port);
    const proxy = await TcpProxy.start({ target: { port: primary.port } });
    const ledger = new Ledger(await startStore({ url: `redis://${proxy.address}`, commandTimeoutMs: 300 }));
    ledger.append(5);
    await ledger.store.flush();
    await eventually(async () => expect(await replica.cli('DBSIZE')).to.equal(await primary.cli('DBSIZE')));
    replication.stall('down');
    // Acknowledged by the primary alone.
    ledger.append(20);
    await ledger.store.flush();
    await primary.kill();
    await replica.cli('REPLICAOF', 'NO', 'ONE');
    await proxy.stop();
    const moved = await TcpProxy.start({ target: { port: replica.port }, port: proxy.port });
    ledger.append(1);
    await ledger.expectAll();
    expect(ledger.store.health().rewrittenFrames).to.equal(60);
    await moved.stop();
  });

  it('fills the gap of lost frames that another writer has gone on behind', async () => {
    const redis = await startRedis();
    const proxy = await TcpProxy.start({ target: { port: redis.port } });
    const first = new Ledger(await startStore({ url: `redis://${proxy.address}`, collector: 'c1' }));
    const second = new Ledger(await startStore({ url: redis.url, collector: 'c2' }));
    first.append(10);
    await first.store.flush();
    second.skip(10);
    second.append(5);
    await second.store.flush();
    await proxy.cut();
    // The loss of all, then the first five come back, as a replica has them.
    await redis.cli('FLUSHALL');
    const third = new Ledger(await startStore({ url: redis.url, collector: 'c1' }));
    third.append(5);
    await third.store.flush();
    second.append(1);
    await second.store.flush();
    expect(second.store.health().rewrittenFrames).to.equal(15);
    await proxy.resume();
    await eventually(() => expect(first.store.health().rewrittenFrames).to.equal(15));
    await first.store.flush();
    for (const id of first.ids) expect(await storedSteps(first.store, id)).to.deep.equal(range(16));
    // Offered again, those that were not lost count as nothing.
    expect(first.store.health()).to.deep.include({ writtenFrames: 30, doubledFrames: 0, droppedFrames: 0 });
  });

  it('looks for the new primary when the old one has become a replica and keeps its connections', async () => {
    const old = await startRedis();
    const proxy = await TcpProxy.start({ target: { port: old.port } });
    const ledger = new Ledger(await startStore({ url: `redis://${proxy.address}` }));
    ledger.append(5);
    await ledger.store.flush();
    const promoted = await startRedis({ replicaOf: old });
    await eventually(async () => expect(await promoted.cli('DBSIZE')).to.equal(await old.cli('DBSIZE')));
    await promoted.cli('REPLICAOF', 'NO', 'ONE');
    await old.cli('REPLICAOF', '127.0.0.1', promoted.port);
    const { accepted } = proxy.stats;
    proxy.retarget({ port: promoted.port });
    ledger.append(5);
    await ledger.store.flush();
    expect(ledger.store.health().errors).to.include.keys('READONLY');
    // One connection appends, another reads.
    await eventually(() => expect(proxy.stats.accepted).to.equal(accepted + 2));
    await ledger.expectAll();
  });

  it('notices the loss although no further frame comes', async () => {
    const redis = await startRedis();
    const proxy = await TcpProxy.start({ target: { port: redis.port } });
    const ledger = new Ledger(await startStore({ url: `redis://${proxy.address}` }));
    ledger.append(5);
    await ledger.store.flush();
    await proxy.cut();
    await redis.cli('FLUSHALL');
    await proxy.resume();
    await eventually(() => expect(ledger.store.health().rewrittenFrames).to.equal(15));
    await ledger.expectAll();
  });

  it('counts an append only once the replicas have it, if asked to', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ replicaOf: primary });
    await eventually(async () => expect(await replica.cli('INFO', 'replication')).to.include('master_link_status:up'));
    const store = await startStore({ url: primary.url, ack: { replicas: 1, timeoutMs: 100 } });
    const ledger = new Ledger(store);
    ledger.append(2);
    await store.flush();
    replica.freeze();
    ledger.append(2);
    await eventually(() => expect(store.health().errors).to.include.keys('unacknowledged'));
    expect(store.health().bufferedFrames).to.equal(6);
    replica.thaw();
    await ledger.expectAll();
  });

  it('loses nothing that it waited for the replicas to have', async () => {
    const primary = await startRedis();
    const replication = await TcpProxy.start({ target: { port: primary.port } });
    const replica = await startRedis();
    await replica.cli('REPLICAOF', '127.0.0.1', replication.port);
    await eventually(async () => expect(await replica.cli('INFO', 'replication')).to.include('master_link_status:up'));
    const proxy = await TcpProxy.start({ target: { port: primary.port } });
    const store = await startStore({
      url: `redis://${proxy.address}`,
      commandTimeoutMs: 300,
      ack: { replicas: 1, timeoutMs: 100 },
    });
    const ledger = new Ledger(store);
    ledger.append(5);
    await store.flush();
    replication.stall('down');
    ledger.append(5);
    await eventually(() => expect(store.health().errors).to.include.keys('unacknowledged'));
    await primary.kill();
    await replica.cli('REPLICAOF', 'NO', 'ONE');
    proxy.retarget({ port: replica.port });
    // The new primary takes the frames, and nobody else has them: they do not count yet.
    await eventually(async () => expect(await replica.cli('XLEN', 'pulsekeeper:{api/i0}:frames')).to.equal('10'));
    expect(ledger.outcomes).to.have.length(15);
    expect(store.health().bufferedFrames).to.equal(15);
    await startRedis({ replicaOf: replica });
    await ledger.expectAll();
    expect(store.health().rewrittenFrames).to.equal(0);
  });
});
