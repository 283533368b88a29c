import { expect } from 'chai';
import { parseSelector } from '@pulsekeeper/model';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, requireServers, startRedis, type RedisServer } from '@pulsekeeper/test-support';
import { isStaleMarker, openStore, StoreError, type Store } from '../../src/index.ts';
import {
  collect,
  frameAt,
  FIRST_SLOT_MS,
  idOf,
  labelsOf,
  range,
  samplesAt,
  slotAt,
  startStore,
  storedSteps,
} from './store-support.ts';

describe('store on a real redis', () => {
  let redis: RedisServer;
  let store: Store;

  before(async () => {
    requireServers();
    redis = await startRedis();
  });

  let run = 0;
  beforeEach(async () => {
    store = await startStore({ url: redis.url, keyPrefix: `t${++run}`, collector: 'c1' });
  });

  async function append(instance: string, steps: readonly number[]): Promise<string[]> {
    const id = idOf(instance);
    const target = store.writer.open({ id, labels: labelsOf(id) });
    return Promise.all(steps.map((step) => target.append(frameAt(step, samplesAt(step)))));
  }

  it('reads back what was written', async () => {
    expect(await append('i1', range(300))).to.deep.equal(range(300).map(() => 'written'));
    const [result, ...others] = await collect(store.reader.select(parseSelector('b{x="1"}'), slotAt(0), slotAt(299)));
    expect(others).to.deep.equal([]);
    expect(result!.labels).to.deep.equal({ __name__: 'b', x: '1', service: 'api', instance: 'i1' });
    expect([...result!.values]).to.deep.equal(range(300).map((step) => step * 7 + 0.25));
    expect([...result!.timestampsMs]).to.deep.equal(range(300).map(slotAt));
  });

  it('reads any range, whatever the key frames around it', async () => {
    await append('i1', range(400));
    for (const [from, to] of [
      [0, 0],
      [1, 5],
      [130, 260],
      [399, 500],
    ] as const) {
      const [result] = await collect(store.reader.select(parseSelector('a'), slotAt(from), slotAt(to)));
      expect([...result!.values], `${from} to ${to}`).to.deep.equal(range(Math.min(to, 399) - from + 1, from));
    }
  });

  it('reads a range of more entries than one reply holds, late ones among them', async () => {
    const id = idOf('long');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await Promise.all(range(1300).map((step) => target.append(frameAt(step * 2, samplesAt(step * 2)))));
    await target.append(frameAt(1501, samplesAt(1501)));
    const expected = [...range(1300).map((step) => step * 2), 1501].sort((left, right) => left - right);
    expect(await storedSteps(store, id)).to.deep.equal(expected);
    const slots = await collect(store.reader.slots(id, slotAt(2), slotAt(2598)));
    expect(slots.map(({ slotMs }) => slotMs)).to.deep.equal(expected.slice(1).map(slotAt));
  });

  it('reads a range that begins after frames of scrapes that were late', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    for (const step of range(5)) {
      const frame = frameAt(step, samplesAt(step));
      await target.append({ ...frame, timestampMs: frame.slotMs + 300 });
    }
    const slots = await collect(store.reader.slots(id, slotAt(3), slotAt(9)));
    expect(slots.map(({ slotMs, timestampMs }) => timestampMs - slotMs)).to.deep.equal([300, 300]);
    const [result] = await collect(store.reader.select(parseSelector('a'), slotAt(3), slotAt(9)));
    expect([...result!.values]).to.deep.equal([3, 4]);
  });

  it('takes one frame for a slot, whoever sends it', async () => {
    await append('i1', [0, 1, 2]);
    const other = await startStore({ url: redis.url, keyPrefix: `t${run}`, collector: 'c2' });
    const target = other.writer.open({ id: idOf('i1'), labels: labelsOf(idOf('i1')) });
    expect(await target.append(frameAt(2, { a: 222 }))).to.equal('doubled');
    expect(await target.append(frameAt(3, samplesAt(3), 0.5))).to.equal('written');
    expect(await append('i1', [3, 4])).to.deep.equal(['doubled', 'written']);
    expect(await target.append(frameAt(5, samplesAt(5)))).to.equal('written');
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(6));
  });

  it('puts late frames at their place', async () => {
    const other = await startStore({ url: redis.url, keyPrefix: `t${run}`, collector: 'c2' });
    const target = other.writer.open({ id: idOf('i1'), labels: labelsOf(idOf('i1')) });
    await append('i1', [0, 1, 2, 3]);
    expect(await target.append(frameAt(8, samplesAt(8)))).to.equal('written');
    expect(await append('i1', [4, 5, 6, 7, 9, 10])).to.deep.equal([
      'late',
      'late',
      'late',
      'late',
      'written',
      'written',
    ]);
    expect(await append('i1', [11])).to.deep.equal(['written']);
    expect(await storedSteps(store, idOf('i1'))).to.deep.equal(range(12));
    const slots = await collect(store.reader.slots(idOf('i1'), slotAt(3), slotAt(9)));
    expect(slots.map(({ slotMs, late }) => [slotMs, late])).to.deep.equal(
      range(7, 3).map((step) => [slotAt(step), step >= 4 && step <= 7]),
    );
    const { values } = (await collect(store.reader.select(parseSelector('a'), slotAt(4), slotAt(6))))[0]!;
    expect([...values]).to.deep.equal([4, 5, 6]);
  });

  it('tells how the slots of many targets ended, in pages', async () => {
    const other = await startStore({ url: redis.url, keyPrefix: `t${run}`, collector: 'c2' });
    const target = other.writer.open({ id: idOf('i2'), labels: labelsOf(idOf('i2')) });
    await append('i2', [0, 1, 2]);
    await target.append(frameAt(6, undefined));
    await append('i2', [4]);
    await append('i1', range(1_500));
    await append('i3', range(1_500));
    const ids = ['i1', 'i2', 'none', 'i3'].map(idOf);
    const pages = await collect(store.reader.outcomes(ids, slotAt(1), slotAt(1_498)));
    expect(pages.length).to.be.greaterThan(ids.length);
    expect(pages.filter(({ isLast }) => isLast).map(({ target }) => target)).to.deep.equal(ids);
    const stepsOf = (id: string): (number | string)[] =>
      pages
        .filter((page) => page.target === id)
        .flatMap(({ outcomes }) => outcomes)
        .map(({ slotMs, kind }) => (slotMs - FIRST_SLOT_MS) / 1000 + (kind === 'failure' ? 0.5 : 0));
    expect(stepsOf(ids[0]!)).to.deep.equal(range(1_498, 1));
    expect(stepsOf(ids[1]!)).to.deep.equal([1, 2, 4, 6.5]);
    expect(stepsOf(ids[2]!)).to.deep.equal([]);
    expect(stepsOf(ids[3]!)).to.deep.equal(range(1_498, 1));
  });

  it('tells of the newest record before a range, late ones among them', async () => {
    const other = await startStore({ url: redis.url, keyPrefix: `t${run}`, collector: 'c2' });
    const target = other.writer.open({ id: idOf('i1'), labels: labelsOf(idOf('i1')) });
    await append('i1', [0, 1]);
    await target.append(frameAt(6, samplesAt(6)));
    await append('i1', [3]);
    const outcomes = async (from: number): Promise<number[]> => {
      const options = { withBefore: true };
      const pages = await collect(store.reader.outcomes([idOf('i1')], slotAt(from), slotAt(9), options));
      return pages.flatMap((page) => page.outcomes).map(({ slotMs }) => (slotMs - FIRST_SLOT_MS) / 1000);
    };
    expect(await outcomes(0)).to.deep.equal([0, 1, 3, 6]);
    expect(await outcomes(2)).to.deep.equal([1, 3, 6]);
    expect((await outcomes(5)).at(-2)).to.equal(3);
    expect((await outcomes(8)).at(-1)).to.equal(6);
    // An end mark of a slot that the stream has, too.
    await redis.cli('ZADD', `t${run}:{${idOf('i1')}}:late`, String(slotAt(6)), `${slotAt(6)}-1|\x14`);
    const pages = await collect(store.reader.outcomes([idOf('i1')], slotAt(8), slotAt(9), { withBefore: true }));
    expect(pages.flatMap((page) => page.outcomes).at(-1)).to.include({ slotMs: slotAt(6), kind: 'end' });
  });

  it('reads what scrapes yield by themselves, late frames at their place, of many targets', async () => {
    const other = await startStore({ url: redis.url, keyPrefix: `t${run}`, collector: 'c2' });
    for (const index of range(40)) {
      const id = idOf(`i${index}`);
      const target = other.writer.open({ id, labels: labelsOf(id) });
      await append(`i${index}`, [0, 1]);
      await target.append(frameAt(3, undefined));
      await append(`i${index}`, [2]);
      await target.append(frameAt(4, samplesAt(4)));
    }
    const results = await collect(store.reader.select(parseSelector('up'), slotAt(1), slotAt(4)));
    expect(results.map(({ target }) => target)).to.deep.equal(
      range(40)
        .map((index) => idOf(`i${index}`))
        .sort(),
    );
    for (const { timestampsMs, values } of results) {
      expect([...timestampsMs]).to.deep.equal([1, 2, 3, 4].map(slotAt));
      expect([...values]).to.deep.equal([1, 1, 0, 1]);
    }
  });

  it('marks where a series or a target ceases, once', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await target.append(frameAt(0, { a: 1, d: 1 }));
    await target.append(frameAt(1, { a: 1 }));
    await target.append(frameAt(2, { a: 1 }));
    await target.append(frameAt(3, undefined));
    await target.append(frameAt(4, undefined));
    await target.append(frameAt(5, { a: 3, d: 4 }));
    await target.end(slotAt(6));
    const points = new Map<string, string[]>();
    for (const { labels, values, timestampsMs } of await collect(
      store.reader.select(parseSelector('{__name__=~"a|d|up"}'), 0, 1e15),
    )) {
      points.set(
        labels['__name__']!,
        range(values.length).map(
          (at) => `${(timestampsMs[at]! - FIRST_SLOT_MS) / 1000}:${isStaleMarker(values, at) ? 'stale' : values[at]}`,
        ),
      );
    }
    expect(Object.fromEntries(points)).to.deep.equal({
      a: ['0:1', '1:1', '2:1', '3:stale', '5:3', '6:stale'],
      d: ['0:1', '1:stale', '5:4', '6:stale'],
      up: ['0:1', '1:1', '2:1', '3:0', '4:0', '5:1', '6:stale'],
    });
  });

  it('tells the last slots and reports of targets', async () => {
    await append('i1', [0, 1, 2]);
    const failing = store.writer.open({ id: idOf('i2'), labels: labelsOf(idOf('i2')) });
    await failing.append(frameAt(5, undefined));
    await failing.end(slotAt(6));
    const ids = [idOf('i1'), idOf('i2'), idOf('i3')];
    expect([...(await store.writer.lastSlots(ids))]).to.deep.equal([
      [ids[0], slotAt(2)],
      [ids[1], slotAt(5)],
      [ids[2], undefined],
    ]);
    const reports = await store.reader.lastReports(ids);
    expect([...reports.keys()]).to.deep.equal([ids[0], ids[1]]);
    expect(reports.get(ids[0]!)).to.deep.include({ slotMs: slotAt(2), collector: 'c1', endedMs: undefined });
    expect(reports.get(ids[1]!)).to.deep.include({ slotMs: slotAt(5), collector: 'c1', endedMs: slotAt(6) });
    expect(reports.get(ids[1]!)!.report.failure).to.deep.equal({ reason: 'timeout', message: 'no answer' });
    const unnamed = await store.reader.lastReports(ids, { withCollector: false });
    expect([...unnamed]).to.deep.equal([...reports].map(([id, report]) => [id, { ...report, collector: undefined }]));
  });

  it('sees a frame that came after the mark of an end in the future as the newest', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await target.append({ ...frameAt(0, samplesAt(0)), intervalMs: 60_000 });
    await target.end(slotAt(60));
    expect(await target.append({ ...frameAt(5, samplesAt(5)), intervalMs: 60_000 })).to.equal('late');
    expect(await store.writer.lastSlots([id])).to.deep.equal(new Map([[id, slotAt(5)]]));
    const [report] = (await store.reader.lastReports([id])).values();
    expect(report).to.deep.include({ slotMs: slotAt(5), endedMs: slotAt(60) });
    const slots = await collect(store.reader.slots(id, slotAt(0), slotAt(99)));
    expect(slots.map(({ slotMs, kind, late }) => [slotMs, kind, late])).to.deep.equal([
      [slotAt(0), 'samples', false],
      [slotAt(5), 'samples', true],
      [slotAt(60), 'end', false],
    ]);
    // Enough of them that the newest lies behind others that are late.
    for (const step of [7, 6]) expect(await target.append(frameAt(step, samplesAt(step)))).to.equal('late');
    expect(await store.writer.lastSlots([id])).to.deep.equal(new Map([[id, slotAt(7)]]));
  });

  it('keeps an end mark beside the late frame of its slot', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await target.append(frameAt(9, samplesAt(9)));
    expect(await target.append(frameAt(3, samplesAt(3)))).to.equal('late');
    await target.end(slotAt(3));
    await target.end(slotAt(3));
    const late = await redis.cli('ZRANGEBYSCORE', `t${run}:{api/i1}:late`, slotAt(3), slotAt(3));
    expect(late)
      .to.include(`${slotAt(3)}-0|`)
      .and.include(`${slotAt(3)}-1|`);
    expect(store.health().lateFrames).to.equal(2);
    expect(await storedSteps(store, id)).to.deep.equal([3, 9]);
  });

  it('asks nothing for a caller who has given up', async () => {
    const signal = AbortSignal.abort();
    const { reader } = store;
    for (const ask of [
      () => store.inspectServer({ signal }),
      () => store.readCollectorStatuses({ signal }),
      () => reader.targets({ signal }),
      () => collect(reader.slots(idOf('i1'), 0, 1, { signal })),
    ]) {
      const error: unknown = await ask().catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(StoreError).with.property('code', 'Aborted');
    }
  });

  it('answers from the index: targets, series, labels, metadata', async () => {
    await append('i1', [0]);
    await append('i2', [0]);
    const { reader } = store;
    expect((await reader.targets()).map(({ id, labels }) => [id, { ...labels }])).to.deep.equal([
      [idOf('i1'), { service: 'api', instance: 'i1' }],
      [idOf('i2'), { service: 'api', instance: 'i2' }],
    ]);
    const series = await reader.seriesOf(parseSelector('{__name__!~"up|scrape.*", instance="i2"}'));
    expect(series.map(({ labels }) => [labels['__name__'], labels['x']])).to.deep.equal([
      ['a', undefined],
      ['b', '1'],
      ['b', '2'],
      ['c', undefined],
    ]);
    expect(await reader.seriesOf(parseSelector('up'))).to.have.length(2);
    expect(await reader.labelNames()).to.deep.equal(['__name__', 'instance', 'service', 'x']);
    expect(await reader.labelValues('x')).to.deep.equal(['1', '2']);
    expect(await reader.labelValues('instance')).to.deep.equal(['i1', 'i2']);
    expect(await reader.labelValues('__name__')).to.include.members(['a', 'b', 'c', 'up']);
    expect((await reader.metricMetadata('a')).get('a')).to.deep.equal([
      { name: 'a', type: 'gauge', help: 'The letter.', unit: '' },
    ]);
    expect((await reader.metricMetadata()).get('up')![0]).to.include({ type: 'gauge' });
  });

  it('selects by labels of the target and of the series, with any matcher', async () => {
    await append('i1', [0, 1]);
    await append('i2', [0, 1]);
    const count = async (selector: string): Promise<number> =>
      (await collect(store.reader.select(parseSelector(selector), 0, 1e15))).length;
    expect(await count('b')).to.equal(4);
    expect(await count('b{instance="i1"}')).to.equal(2);
    expect(await count('b{instance!="i1",x=~"[13]"}')).to.equal(1);
    expect(await count('{service="api",x!~".+",__name__=~"a|c"}')).to.equal(4);
    expect(await count('b{nothing=""}')).to.equal(4);
    expect(await count('b{nothing="n"}')).to.equal(0);
    expect(await count('nothing')).to.equal(0);
  });

  it('keeps explicit timestamps, those of single series too', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    for (const step of [0, 1, 2]) {
      const frame = frameAt(step, { a: step, d: step });
      await target.append({
        ...frame,
        samples: { ...frame.samples!, timestampsMs: Float64Array.of(slotAt(step) + 7, NaN) },
      });
    }
    const results = await collect(store.reader.select(parseSelector('{__name__=~"a|d"}'), 0, 1e15));
    expect(results.map(({ timestampsMs }) => [...timestampsMs])).to.deep.equal([
      [0, 1, 2].map((step) => slotAt(step) + 7),
      [0, 1, 2].map(slotAt),
    ]);
  });

  it('finds samples at their own times, also those that were scraped after the range', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    const own = [slotAt(0) - 5, slotAt(0) + 900, slotAt(0) + 500, slotAt(0) + 900];
    for (const [step, time] of own.entries()) {
      const frame = frameAt(step, { a: step, b: step });
      const timestampsMs = Float64Array.of(time, Number.NaN);
      await target.append({ ...frame, samples: { ...frame.samples!, timestampsMs } });
    }
    const [a, ...others] = await collect(store.reader.select(parseSelector('a'), slotAt(0), slotAt(0) + 950));
    expect(others).to.deep.equal([]);
    expect([...a!.timestampsMs].map((time) => time - slotAt(0))).to.deep.equal([500, 900]);
    expect([...a!.values]).to.deep.equal([2, 1]);
    const [b] = await collect(store.reader.select(parseSelector('b'), slotAt(0), slotAt(0) + 950));
    expect([...b!.values]).to.deep.equal([0]);
  });

  it('keeps statuses of collectors while they last', async () => {
    await store.publishCollectorStatus('c1', { id: 'c1', publishedAtMs: 1, ring: 'abc' }, 10_000);
    await store.publishCollectorStatus('c2', { id: 'c2', publishedAtMs: 2 }, -1);
    expect(await store.readCollectorStatuses()).to.deep.equal([{ id: 'c1', publishedAtMs: 1, ring: 'abc' }]);
  });

  it('reads the clock of the server', async () => {
    const beforeMs = Date.now();
    const serverMs = await store.readServerTime();
    // One machine, one clock: only granularity lies between.
    expect(serverMs).to.be.within(beforeMs - 2, Date.now() + 2);
  });

  it('says what the server promises', async () => {
    const [inspection] = await store.inspectServer();
    expect(inspection).to.include({
      kind: 'single',
      role: 'master',
      persistence: 'none',
      evictionPolicy: 'noeviction',
    });
    expect(inspection!.warnings.join()).to.include('Nothing is persisted');
    expect(Math.abs(inspection!.clockSkewMs)).to.be.lessThan(1000);
  });

  it('asks the server once what it is, beside the look whether each connection is ready', async () => {
    await redis.cli('CONFIG', 'RESETSTAT');
    await startStore({ url: redis.url });
    expect(await redis.cli('INFO', 'commandstats')).to.match(/^cmdstat_info:calls=3,/m);
  });

  it('gives up starting when it is stopped meanwhile', async () => {
    const idle = openStore({ url: `redis://127.0.0.1:${await freePort()}`, stopTimeoutMs: 100 });
    const started = idle.start().catch((error: unknown) => error);
    await eventually(() => expect(idle.health().lastError?.code).to.equal('connection'));
    await idle.stop();
    expect(await started)
      .to.be.instanceOf(StoreError)
      .with.property('code', 'Closed');
    expect(await idle.closed).to.equal(undefined);
    expect(idle.health()).to.deep.include({ state: 'stopped' });
    expect(idle.health().lastError?.message).to.include('ECONNREFUSED');
  });

  it('gives up starting when the signal aborts, also while it reads saved frames', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pulsekeeper-store-'));
    const idle = openStore({ url: `redis://127.0.0.1:${await freePort()}`, spillPath: join(folder, 'spill') });
    const control = new AbortController();
    const started = idle.start({ signal: control.signal }).catch((error: unknown) => error);
    control.abort();
    const error = await started;
    expect(error).to.be.instanceOf(StoreError).with.property('code', 'Unavailable');
    expect(await idle.closed).to.equal(error);
  });

  it('refuses to start with wrong credentials, and tells why', async () => {
    const wrong = startStore({ url: redis.url.replace('//', '//nobody:wrong@') });
    const error = await wrong.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).to.include({ code: 'Refused', retryable: false });
    expect(String(error)).not.to.include('wrong@');
  });
});
