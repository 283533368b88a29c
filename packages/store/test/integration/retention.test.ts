import { expect } from 'chai';
import { eventually, requireServers, startRedis, type RedisServer } from '@pulsekeeper/test-support';
import { parseSelector } from '@pulsekeeper/model';
import { collect, frameAt, idOf, labelsOf, range, samplesAt, startStore } from './store-support.ts';

describe('retention', () => {
  let redis: RedisServer;

  beforeEach(async () => {
    requireServers();
    redis = await startRedis({ extraArgs: ['--hz', '100'] });
  });

  it('leaves no key behind once everything has expired', async () => {
    const store = await startStore({ url: redis.url, retentionMs: 400 });
    const other = await startStore({ url: redis.url, retentionMs: 400, collector: 'c2' });
    const id = idOf('i1');
    const ahead = other.writer.open({ id, labels: labelsOf(id) });
    await ahead.append(frameAt(9, samplesAt(9)));
    const target = store.writer.open({ id, labels: labelsOf(id) });
    for (const step of range(12, 8)) await target.append(frameAt(step, { ...samplesAt(step), [`n${step % 3}`]: 1 }));
    await store.publishCollectorStatus('c1', { id: 'c1', publishedAtMs: 0 }, 300);
    expect(Number(await redis.cli('DBSIZE'))).to.be.greaterThan(5);
    await store.stop();
    await other.stop();
    await eventually(async () => expect(await redis.cli('KEYS', '*')).to.equal(''));
  });

  it('trims what is older, key frames of what is younger excepted', async () => {
    const store = await startStore({ url: redis.url, retentionMs: 100_000, keyFrameSlots: 10 });
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await Promise.all(range(2000).map((step) => target.append(frameAt(step, samplesAt(step)))));
    const length = Number(await redis.cli('XLEN', 'pulsekeeper:{api/i1}:frames'));
    // 100 slots of retention, 10 back to a key frame, and what a node of the stream holds.
    expect(length).to.be.within(100, 300);
    const [result] = await collect(store.reader.select(parseSelector('a'), frameAt(1900, {}).slotMs, 1e15));
    expect([...result!.values]).to.deep.equal(range(100, 1900));
    expect(store.health().corruptFrames).to.equal(0);
  });

  it('forgets a target after its retention while others live on', async () => {
    const store = await startStore({ url: redis.url, retentionMs: 60_000 });
    const short = idOf('short');
    const long = idOf('long');
    await store.writer.open({ id: short, labels: labelsOf(short), retentionMs: 200 }).append(frameAt(0, { z: 1 }));
    await store.writer.open({ id: long, labels: labelsOf(long) }).append(frameAt(0, samplesAt(0)));
    await eventually(async () => expect((await store.reader.targets()).map(({ id }) => id)).to.deep.equal([long]));
    // Entries of the index go when somebody next writes to it.
    await store.writer.open({ id: idOf('new'), labels: {} }).append(frameAt(0, samplesAt(0)));
    expect(await redis.cli('HKEYS', 'pulsekeeper:{index}:targets')).to.not.include('short');
    await eventually(async () => expect(await redis.cli('EXISTS', 'pulsekeeper:{api/short}:frames')).to.equal('0'));
    expect(await store.reader.labelValues('__name__')).to.not.include('z');
  });
});
