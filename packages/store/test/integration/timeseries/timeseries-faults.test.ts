import { expect } from 'chai';
import { type DownsampleRule, parseDownsampleRule, parseSelector, systemClock } from '@pulsekeeper/model';
import { eventually, startRedis, startRedisCluster, TcpProxy, timeseriesModulePath } from '@pulsekeeper/test-support';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../src/index.ts';
import {
  collect,
  frameAt,
  idOf,
  labelsOf,
  range,
  samplesAt,
  slotAt,
  startStore,
  storedSteps,
} from '../store-support.ts';
import { connectTo, newPrefix, startTimeseriesStore } from './timeseries-support.ts';

describe('store of time series when redis fails', () => {
  let modulePath: string;

  before(function () {
    const path = timeseriesModulePath();
    if (path === undefined) this.skip();
    modulePath = path;
  });

  function append(
    store: Store,
    instance: string,
    steps: readonly number[],
    downsample: readonly DownsampleRule[] = [],
  ): Promise<string[]> {
    const id = idOf(instance);
    const target = store.writer.open({ id, labels: labelsOf(id), downsample });
    return Promise.all(steps.map((step) => target.append(frameAt(step, samplesAt(step)))));
  }

  const written = (count: number): string[] => range(count).map(() => 'written');

  it('keeps samples while redis is away, and writes them in order when it is back', async () => {
    const redis = await startRedis({ modulePath, appendonly: true, appendfsync: 'always' });
    const store = await startTimeseriesStore(redis.url);
    expect(await append(store, 'i1', range(10))).to.deep.equal(written(10));
    await redis.kill();
    const outcomes = append(store, 'i1', range(200, 10));
    expect(store.health().bufferedFrames).to.equal(200);
    await redis.start();
    expect(await outcomes).to.deep.equal(written(200));
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(210));
  });

  it('writes again what a server without its data has lost, the time series with it', async () => {
    const redis = await startRedis({ modulePath });
    const store = await startTimeseriesStore(redis.url);
    await append(store, 'i1', range(20));
    await redis.restart({ wipe: true });
    await eventually(() => store.health().state === 'ready');
    expect(await append(store, 'i1', range(5, 20))).to.deep.equal(written(5));
    await eventually(() => store.health().rewrittenFrames === 20);
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(25));
  });

  it('makes everything anew after a flush on a connection that stays', async () => {
    const redis = await startRedis({ modulePath });
    const store = await startTimeseriesStore(redis.url);
    await append(store, 'i1', range(20));
    await redis.cli('flushall');
    expect(await append(store, 'i1', [20])).to.deep.equal(['written']);
    await eventually(() => store.health().bufferedFrames === 0);
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(21));
  });

  it('changes nothing when replies are lost and everything is sent twice', async () => {
    const redis = await startRedis({ modulePath });
    const proxy = await TcpProxy.start({ target: { port: redis.port } });
    const store = await startTimeseriesStore(`redis://127.0.0.1:${proxy.port}`);
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id), downsample: [] });
    await target.append(frameAt(0, samplesAt(0)));
    const call = await connectTo(redis.url);
    for (const round of range(5)) {
      proxy.stall('down');
      const steps = range(5, 1 + round * 5);
      const outcomes = Promise.all(steps.map((step) => target.append(frameAt(step, samplesAt(step)))));
      await eventually(async () => {
        const [newest] = (await call('TS.GET', 'pulsekeeper:{api/i1}:ts:a')) as [unknown];
        return Number(newest) === slotAt(5 + round * 5);
      });
      await proxy.cut();
      await proxy.resume();
      expect(await outcomes).to.deep.equal(written(5));
    }
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(26));
    expect(store.health().doubledFrames).to.equal(0);
  });

  it('saves samples that nobody took to a file, and writes them as time series at the next start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-spill-'));
    const spillPath = join(folder, 'spill');
    const redis = await startRedis({ modulePath, appendonly: true, appendfsync: 'always' });
    const store = await startTimeseriesStore(redis.url, { spillPath });
    await append(store, 'i1', range(3));
    await redis.kill();
    const lost = append(store, 'i1', range(4, 3));
    await store.stop();
    expect(await lost).to.have.lengthOf(4);
    await redis.start();
    const next = await startTimeseriesStore(redis.url, { spillPath });
    await next.flush();
    expect(await storedSteps(next, idOf('i1'))).to.deep.equal(range(7));
    await rm(folder, { recursive: true });
  });

  it('waits while redis is out of memory, and loses nothing', async () => {
    const redis = await startRedis({ modulePath });
    const store = await startTimeseriesStore(redis.url);
    await append(store, 'i1', range(3));
    await redis.cli('config', 'set', 'maxmemory', '1mb');
    const outcomes = append(store, 'i2', range(5));
    await eventually(() => (store.health().errors['OOM'] ?? 0) > 0);
    expect(store.health().state).to.equal('degraded');
    await redis.cli('config', 'set', 'maxmemory', '0');
    expect(await outcomes).to.deep.equal(written(5));
    expect(await storedSteps(store, idOf('i2'))).to.deep.equal(range(5));
  });

  it('waits while it may not create series, and loses nothing', async () => {
    const redis = await startRedis({ modulePath });
    await redis.cli('ACL', 'SETUSER', 'writer', 'on', '>secret', '~*', '+@all');
    const store = await startTimeseriesStore(redis.url.replace('//', '//writer:secret@'));
    await append(store, 'i1', range(3));
    await redis.cli('ACL', 'SETUSER', 'writer', '-ts.create');
    const outcomes = append(store, 'i2', range(5));
    await eventually(() => (store.health().errors['NOPERM'] ?? 0) > 0);
    expect(store.health().timeseries?.refusedSamples).to.equal(0);
    await redis.cli('ACL', 'SETUSER', 'writer', '+@all');
    expect(await outcomes).to.deep.equal(written(5));
    expect(await storedSteps(store, idOf('i2'))).to.deep.equal(range(5));
  });

  it('makes a compaction again that somebody removed, when its keys are renewed', async () => {
    const redis = await startRedis({ modulePath });
    let nowMs = performance.now();
    const clock = { ...systemClock, monotonic: () => nowMs };
    const store = await startTimeseriesStore(redis.url, { clock });
    const id = idOf('i1');
    const downsample = [parseDownsampleRule('avg:1m:1h')!];
    const target = store.writer.open({ id, labels: labelsOf(id), retentionMs: 86_400_000, downsample });
    await target.append(frameAt(0, { a: 0 }));
    const [key = ''] = (await redis.cli('--raw', 'keys', '*:ts:a=*')).split('\n');
    await redis.cli('del', key);
    // The rule's own retention decides: an eighth of an hour, not of a day.
    nowMs += 451_000;
    await target.append(frameAt(1, { a: 1 }));
    expect(await redis.cli('exists', key)).to.match(/1/);
    await redis.cli('pexpire', key, 60_000);
    nowMs += 451_000;
    await target.append(frameAt(2, { a: 2 }));
    expect(Number(/\d+/.exec(await redis.cli('pttl', key))?.[0])).to.be.greaterThan(3_600_000);
  });

  it('writes selected series beside streams that hold everything', async () => {
    const redis = await startRedis({ modulePath });
    const mirror = [parseSelector('b{x="1"}'), parseSelector('up{instance="i2"}')];
    const store = await startStore({ url: redis.url, driver: 'stream', timeseries: { mirror } });
    await append(store, 'i1', range(10));
    await append(store, 'i2', range(10));
    const keys = (await redis.cli('--raw', 'keys', '*:ts:*')).split('\n').sort();
    expect(keys).to.deep.equal([
      'pulsekeeper:{api/i1}:ts:b{x=1}',
      'pulsekeeper:{api/i2}:ts:b{x=1}',
      'pulsekeeper:{api/i2}:ts:up',
    ]);
    const call = await connectTo(redis.url);
    const points = (await call('TS.RANGE', 'pulsekeeper:{api/i1}:ts:b{x=1}', '-', '+')) as [number, string][];
    expect(points.map(([time, value]) => [time, Number(value)])).to.deep.equal(
      range(10).map((step) => [slotAt(step), step * 7 + 0.25]),
    );
    // The streams have it all, as they would without a mirror.
    const reader = await startStore({ url: redis.url });
    expect(await storedSteps(reader, idOf('i1'))).to.deep.equal(range(10));
    const [late] = await collect(reader.reader.select(parseSelector('b{x="2",instance="i2"}'), slotAt(0), slotAt(9)));
    expect(late!.values).to.have.lengthOf(10);
  });

  it('keeps all keys of a target, its compactions too, in one slot of a cluster', async () => {
    const cluster = await startRedisCluster(3, { modulePath });
    const keyPrefix = newPrefix();
    const store = await startTimeseriesStore(cluster.url, { keyPrefix, commandTimeoutMs: 5_000 });
    const instances = range(6).map((index) => `i${index}`);
    const rules = [parseDownsampleRule('sum:10s:90d')!];
    const outcomes = await Promise.all(instances.map((instance) => append(store, instance, range(20), rules)));
    expect(outcomes).to.deep.equal(instances.map(() => written(20)));
    const call = await connectTo(cluster.url);
    for (const instance of instances) {
      expect(await storedSteps(store, idOf(instance)), instance).to.deep.equal(range(20));
      const key = `${keyPrefix}:{api/${instance}}:ts:a`;
      const sums = (await call('TS.RANGE', key, '-', '+', 'AGGREGATION', 'sum', '10000')) as unknown[];
      expect(sums.length, instance).to.be.greaterThan(1);
      // All but the bucket that is not over.
      expect(await call('TS.RANGE', `${key}=sum:10s:90d`, '-', '+'), instance).to.deep.equal(sums.slice(0, -1));
    }
    expect(store.health().timeseries).to.include({ samples: 6 * 20 * 11, createdSeries: 6 * 11, refusedSamples: 0 });
  });
});
