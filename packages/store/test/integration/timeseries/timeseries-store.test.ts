import { expect } from 'chai';
import { AGGREGATORS, formatDownsampleRule, parseDownsampleRule, parseSelector } from '@pulsekeeper/model';
import { startTimeseriesRedis, type TimeseriesRedis } from '@pulsekeeper/test-support';
import { isStaleMarker, type Store } from '../../../src/index.ts';
import { collect, frameAt, idOf, labelsOf, range, samplesAt, slotAt, startStore } from '../store-support.ts';
import { connectTo, newPrefix, startTimeseriesStore } from './timeseries-support.ts';

describe('store of time series on a real server', () => {
  let redis: TimeseriesRedis;
  let store: Store;
  let keyPrefix: string;
  let call: (command: string, ...args: string[]) => Promise<unknown>;

  before(async function () {
    const given = await startTimeseriesRedis();
    if (given === undefined) this.skip();
    redis = given;
  });

  beforeEach(async () => {
    keyPrefix = newPrefix();
    store = await startTimeseriesStore(redis.url, { keyPrefix });
    call = await connectTo(redis.url);
  });

  async function append(instance: string, steps: readonly number[], from = store): Promise<string[]> {
    const id = idOf(instance);
    const target = from.writer.open({ id, labels: labelsOf(id) });
    return Promise.all(steps.map((step) => target.append(frameAt(step, samplesAt(step)))));
  }

  const keyOf = (instance: string, series: string): string => `${keyPrefix}:{api/${instance}}:ts:${series}`;

  it('reads back what was written, and counts it', async () => {
    expect(await append('i1', range(300))).to.deep.equal(range(300).map(() => 'written'));
    const [result, ...others] = await collect(store.reader.select(parseSelector('b{x="1"}'), slotAt(0), slotAt(299)));
    expect(others).to.deep.equal([]);
    expect(result!.labels).to.deep.equal({ __name__: 'b', x: '1', service: 'api', instance: 'i1' });
    expect([...result!.values]).to.deep.equal(range(300).map((step) => step * 7 + 0.25));
    expect([...result!.timestampsMs]).to.deep.equal(range(300).map(slotAt));
    expect(store.health().timeseries).to.deep.equal({
      samples: 300 * (4 + 7),
      nonFiniteSamples: 0,
      expiredSamples: 0,
      refusedSamples: 0,
      createdSeries: 4 + 7,
    });
  });

  it('makes one key a series, with its labels, that any client of the module reads', async () => {
    await append(keyPrefix, range(3));
    const points = range(3).map((step) => [slotAt(step), step * 7 + 0.25]);
    expect(pointsOf(await call('TS.RANGE', keyOf(keyPrefix, 'b{x=1}'), '-', '+'))).to.deep.equal(points);
    const found = await call(
      'TS.MRANGE',
      '-',
      '+',
      'WITHLABELS',
      'FILTER',
      '__name__=b',
      'x=1',
      `instance=${keyPrefix}`,
    );
    const [[key, labels, values] = []] = found as [string, [string, string][], unknown][];
    expect(key).to.equal(keyOf(keyPrefix, 'b{x=1}'));
    expect(labels).to.have.deep.members([
      ['__name__', 'b'],
      ['x', '1'],
      ['service', 'api'],
      ['instance', keyPrefix],
    ]);
    expect(pointsOf(values)).to.deep.equal(points);
    expect(pointsOf([await call('TS.GET', keyOf(keyPrefix, 'up'))])).to.deep.equal([[slotAt(2), 1]]);
  });

  it('creates series for the retention of the target, in small compressed chunks, to expire when nobody writes', async () => {
    const id = idOf('i1');
    await store.writer.open({ id, labels: labelsOf(id), retentionMs: 3_600_000 }).append(frameAt(3_600, { a: 1 }));
    const info = await infoOf(keyOf('i1', 'a'));
    expect(info.get('retentionTime')).to.equal('3600000');
    expect(info.get('chunkSize')).to.equal('256');
    expect(info.get('chunkType')).to.equal('compressed');
    expect(info.get('duplicatePolicy')).to.equal('first');
    const keys = await keysOf();
    expect(keys).to.include(keyOf('i1', 'a'));
    for (const key of keys) expect(Number(await call('PTTL', key)), key).to.be.greaterThan(0);
    expect(Number(await call('PTTL', keyOf('i1', 'a')))).to.be.within(3_600_000, 1.25 * 3_600_000);
  });

  it('keeps every double but NaN and the infinities, which it counts and reads as absent', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    const doubles = [
      0,
      -0,
      0.1,
      1 / 3,
      -1e21,
      5e-324,
      Number.MAX_VALUE,
      Number.MIN_SAFE_INTEGER,
      2 ** 53,
      123_456_789.25,
    ];
    const values = [...doubles, Number.NaN, Infinity, -Infinity, 7];
    for (const [step, value] of values.entries()) {
      expect(await target.append(frameAt(step, { a: value, b: 1 }))).to.equal('written');
    }
    const [result] = await collect(store.reader.select(parseSelector('a'), slotAt(0), slotAt(99)));
    expect([...result!.values].map((value) => (Number.isNaN(value) ? 'stale' : value))).to.deep.equal([
      ...doubles,
      'stale',
      7,
    ]);
    expect(Object.is(result!.values[1], -0), '−0').to.equal(true);
    expect(isStaleMarker(result!.values, doubles.length)).to.equal(true);
    expect(result!.timestampsMs[doubles.length]).to.equal(slotAt(doubles.length));
    expect(store.health().timeseries).to.include({ nonFiniteSamples: 3, refusedSamples: 0 });
  });

  it('marks where a series or a target ceases, as the slots tell', async () => {
    const id = idOf('i1');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await target.append(frameAt(0, { a: 1, b: 1 }));
    await target.append(frameAt(1, { b: 2 }));
    await target.append(frameAt(2, undefined));
    await target.append(frameAt(3, { a: 4, b: 4 }));
    await target.end(slotAt(4));
    expect(await shown('a')).to.deep.equal([
      [0, 1],
      [1, 'stale'],
      [3, 4],
      [4, 'stale'],
    ]);
    expect(await shown('b')).to.deep.equal([
      [0, 1],
      [1, 2],
      [2, 'stale'],
      [3, 4],
      [4, 'stale'],
    ]);
    expect(await shown('up')).to.deep.equal([
      [0, 1],
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 'stale'],
    ]);
  });

  it('takes one frame for a slot, and what is there stays as it is', async () => {
    expect(await append('i1', range(3))).to.deep.equal(['written', 'written', 'written']);
    const other = await startTimeseriesStore(redis.url, { keyPrefix, collector: 'c2' });
    const id = idOf('i1');
    const second = other.writer.open({ id, labels: labelsOf(id) });
    expect(await second.append(frameAt(2, { a: 99 }, 0.5))).to.equal('doubled');
    expect(await second.append(frameAt(3, samplesAt(3)))).to.equal('written');
    expect(await shown('a')).to.deep.equal(range(4).map((step) => [step, step]));
    const records = await collect(store.reader.slots(id, slotAt(0), slotAt(9)));
    expect(records.map(({ slotMs, collector, kind, up }) => [slotMs, collector, kind, up])).to.deep.equal([
      ...range(3).map((step) => [slotAt(step), 'c1', 'samples', true]),
      [slotAt(3), 'c2', 'samples', true],
    ]);
    expect(await store.writer.lastSlots([id])).to.deep.equal(new Map([[id, slotAt(3)]]));
  });

  it('puts late frames at their place', async () => {
    await append('i1', [0, 5]);
    const other = await startTimeseriesStore(redis.url, { keyPrefix, collector: 'c2' });
    expect(await append('i1', [2, 3], other)).to.deep.equal(['late', 'late']);
    expect(await shown('c')).to.deep.equal([0, 2, 3, 5].map((step) => [step, step % 3]));
  });

  it('tells the last reports of targets, failures with their reason', async () => {
    await append('i1', [0, 1]);
    const id = idOf('i2');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    await target.append(frameAt(0, samplesAt(0)));
    await target.append(frameAt(1, undefined));
    const reports = await store.reader.lastReports([idOf('i1'), id]);
    expect(reports.get(idOf('i1'))).to.deep.include({ slotMs: slotAt(1), collector: 'c1' });
    expect(reports.get(idOf('i1'))!.report).to.deep.include({ up: true, samplesScraped: 4 });
    expect(reports.get(id)!.report).to.deep.include({
      up: false,
      failure: { reason: 'timeout', message: 'no answer' },
    });
  });

  it('answers from the index: targets, series, labels, metadata', async () => {
    await append('i1', [0]);
    await append('i2', [0]);
    expect((await store.reader.targets()).map(({ id }) => id)).to.deep.equal([idOf('i1'), idOf('i2')]);
    const series = await store.reader.seriesOf(parseSelector('b{instance="i2"}'));
    expect(series.map(({ labels }) => labels['x'])).to.deep.equal(['1', '2']);
    expect(await store.reader.labelNames()).to.deep.equal(['__name__', 'instance', 'service', 'x']);
    expect(await store.reader.labelValues('x')).to.deep.equal(['1', '2']);
    expect([...(await store.reader.metricMetadata('a')).keys()]).to.deep.equal(['a']);
  });

  it('selects by labels of the target and of the series, with any matcher', async () => {
    await append('i1', [0]);
    await append('i2', [0]);
    const found = async (selector: string): Promise<string[]> =>
      (await collect(store.reader.select(parseSelector(selector), slotAt(0), slotAt(0)))).map(
        ({ labels }) => `${labels['__name__']}/${labels['x'] ?? ''}/${labels['instance']}`,
      );
    expect(await found('b{x!="1"}')).to.deep.equal(['b/2/i1', 'b/2/i2']);
    expect(await found('{__name__=~"a|c",instance="i2"}')).to.deep.equal(['a//i2', 'c//i2']);
    expect(await found('{x=~".+",instance!~".*1"}')).to.deep.equal(['b/1/i2', 'b/2/i2']);
    expect(await found('{__name__=~"scrape_s.*d",instance="i1"}')).to.deep.equal([
      'scrape_samples_scraped//i1',
      'scrape_series_added//i1',
    ]);
    expect(await found('nothing')).to.deep.equal([]);
  });

  it('writes labels that the module would misread so that it does not, and reads them back', async () => {
    const id = idOf('i1');
    const values = ['a=b', '(a,b)', 'a b', `it's "quoted"`, '100%', '{x}', 'é\n', '\\', '!=~'];
    const keys = values.map((value) => `m{v=${JSON.stringify(value)}}`);
    const target = store.writer.open({ id, labels: { ...labelsOf(id), zone: 'a(1), b=2' } });
    await target.append(frameAt(0, Object.fromEntries(keys.map((key, index) => [key, index]))));
    expect(store.health().timeseries).to.include({ refusedSamples: 0 });
    for (const [index, value] of values.entries()) {
      const [result, ...others] = await collect(
        store.reader.select([{ name: 'v', op: '=', value }], slotAt(0), slotAt(0)),
      );
      expect(others).to.deep.equal([]);
      expect(result!.labels).to.deep.equal({
        __name__: 'm',
        v: value,
        service: 'api',
        instance: 'i1',
        zone: 'a(1), b=2',
      });
      expect([...result!.values]).to.deep.equal([index]);
    }
    const filtered = await call(
      'TS.MRANGE',
      '-',
      '+',
      'FILTER',
      'v=(a%3Db,%28a%2Cb%29)',
      'instance=i1',
      'zone=a%281%29%2C%20b%3D2',
    );
    expect(filtered).to.have.lengthOf(2);
  });

  it('has Redis aggregate, with the values that the streams would give', async () => {
    await append('i1', range(60));
    const streams = await startStore({ url: redis.url, keyPrefix: newPrefix(), driver: 'stream' });
    const id = idOf('i1');
    const target = streams.writer.open({ id, labels: labelsOf(id) });
    await Promise.all(range(60).map((step) => target.append(frameAt(step, samplesAt(step)))));
    for (const aggregator of AGGREGATORS) {
      const aggregation = { aggregator, bucketMs: 7_000 };
      const [by, from] = await Promise.all(
        [store, streams].map((one) =>
          collect(one.reader.select(parseSelector('{__name__=~"b|c"}'), slotAt(3), slotAt(50), { aggregation })),
        ),
      );
      expect(by, aggregator).to.deep.equal(from);
      expect(by![0]!.values.length, aggregator).to.be.within(7, 8);
    }
  });

  it('creates keys again that somebody removed', async () => {
    await append('i1', range(3));
    await call('DEL', keyOf('i1', 'a'));
    expect(await append('i1', [3, 4])).to.deep.equal(['written', 'written']);
    expect(pointsOf(await call('TS.RANGE', keyOf('i1', 'a'), '-', '+'))).to.deep.equal([
      [slotAt(3), 3],
      [slotAt(4), 4],
    ]);
    expect((await infoOf(keyOf('i1', 'a'))).get('duplicatePolicy')).to.equal('first');
    expect(await shown('c')).to.deep.equal(range(5).map((step) => [step, step % 3]));
  });

  it('tells which samples failed of many commands that go together, and writes those whose keys are gone', async () => {
    const names = range(2_600).map((index) => `m${index}`);
    const id = idOf('large');
    const target = store.writer.open({ id, labels: labelsOf(id) });
    const write = (step: number): Promise<string> =>
      target.append(frameAt(step, Object.fromEntries(names.map((name, index) => [name, index + step / 4]))));
    expect(await write(0)).to.equal('written');
    const all = names.length + 7;
    expect(store.health().timeseries).to.include({ samples: all, createdSeries: all, refusedSamples: 0 });
    await call('DEL', keyOf('large', 'm3'), keyOf('large', 'm1500'), keyOf('large', 'm2599'));
    await call('SET', keyOf('large', 'm1500'), 'a text');
    expect(await write(1)).to.equal('written');
    expect(store.health().timeseries).to.include({ samples: 2 * all - 1, createdSeries: all + 2, refusedSamples: 1 });
    for (const index of [0, 3, 511, 512, 1_499, 1_501, 2_599]) {
      const [time, value] = (await call('TS.GET', keyOf('large', names[index]!))) as [number, string];
      expect([time, Number(value)], names[index]).to.deep.equal([slotAt(1), index + 0.25]);
    }
  });

  it('leaves out the samples of a key of another type, and counts them', async () => {
    await call('SET', keyOf('i1', 'a'), 'not ours', 'PX', '60000');
    expect(await append('i1', range(3))).to.deep.equal(['written', 'written', 'written']);
    expect(store.health().timeseries).to.include({ refusedSamples: 3, samples: 3 * (3 + 7) });
    expect(await call('GET', keyOf('i1', 'a'))).to.equal('not ours');
  });

  it('makes compactions by the rules of the target, and follows when the rules change', async () => {
    const id = idOf('i1');
    const target = { id, labels: labelsOf(id), retentionMs: 86_400_000 };
    const rules = ['avg:10s:90d', 'min:10s:90d', 'max:10s:30d'].map((text) => parseDownsampleRule(text)!);
    const writer = store.writer.open({ ...target, downsample: rules });
    for (const step of range(31)) await writer.append(frameAt(step, { a: step }));
    for (const rule of rules) {
      const { aggregator, bucketMs } = rule;
      const compacted = pointsOf(await call('TS.RANGE', keyOf('i1', `a=${formatDownsampleRule(rule)}`), '-', '+'));
      const options = { aggregation: { aggregator, bucketMs } };
      const [result] = await collect(store.reader.select(parseSelector('a'), slotAt(0), slotAt(99), options));
      expect(compacted.length, aggregator).to.be.greaterThan(1);
      // All but the bucket that is not over.
      expect(compacted, aggregator).to.deep.equal(
        [...result!.timestampsMs].map((time, at) => [time, result!.values[at]]).slice(0, -1),
      );
    }
    const info = await infoOf(keyOf('i1', 'a=max:10s:30d'));
    expect(info.get('retentionTime')).to.equal(String(30 * 86_400_000));
    const found = await call(
      'TS.MRANGE',
      '-',
      '+',
      'WITHLABELS',
      'FILTER',
      '__name__=a',
      'pulsekeeper_aggregation=max',
      'instance=i1',
    );
    expect(found).to.have.lengthOf.at.least(1);

    // A rule of somebody else stays whatever ours become.
    const foreign = `${keyPrefix}:{api/i1}:mine`;
    await call('TS.CREATE', foreign);
    await call('TS.CREATERULE', keyOf('i1', 'a'), foreign, 'AGGREGATION', 'min', '60000');
    store.writer.open({ ...target, retentionMs: 7_200_000, downsample: rules.slice(2) });
    await writer.append(frameAt(31, { a: 31 }));
    const destinations = await destinationsOf(keyOf('i1', 'a'));
    expect(destinations.sort()).to.deep.equal([foreign, keyOf('i1', 'a=max:10s:30d')].sort());
    expect((await infoOf(keyOf('i1', 'a'))).get('retentionTime')).to.equal('7200000');
  });

  it('brings series up to date that an earlier process made for another rule', async () => {
    const id = idOf('i1');
    await store.writer
      .open({ id, labels: { ...labelsOf(id), zone: 'a' }, downsample: [] })
      .append(frameAt(0, { a: 0 }));
    const later = await startTimeseriesStore(redis.url, { keyPrefix, collector: 'c2' });
    const rule = parseDownsampleRule('sum:1m:1d')!;
    await later.writer
      .open({ id, labels: { ...labelsOf(id), zone: 'b' }, downsample: [rule] })
      .append(frameAt(1, { a: 1 }));
    expect((await infoOf(keyOf('i1', 'a'))).get('labels')).to.include('zone,b');
    expect(await destinationsOf(keyOf('i1', 'a'))).to.deep.equal([keyOf('i1', 'a=sum:1m:1d')]);
    expect(await shown('a')).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
  });

  /** The points of a series as step and value. */
  async function shown(selector: string): Promise<[number, number | 'stale'][]> {
    const results = await collect(store.reader.select(parseSelector(selector), slotAt(0), slotAt(999)));
    return results.flatMap(({ timestampsMs, values }) =>
      [...values].map((value, at): [number, number | 'stale'] => [
        ((timestampsMs[at] ?? 0) - slotAt(0)) / 1_000,
        isStaleMarker(values, at) ? 'stale' : value,
      ]),
    );
  }

  async function infoOf(key: string): Promise<Map<string, string>> {
    const info = (await call('TS.INFO', key)) as unknown[];
    return new Map(range(info.length / 2).map((at) => [String(info[at * 2]), String(info[at * 2 + 1])]));
  }

  async function destinationsOf(key: string): Promise<string[]> {
    const info = (await call('TS.INFO', key)) as unknown[];
    return (info[info.indexOf('rules') + 1] as unknown[][]).map(([destination]) => String(destination)).sort();
  }

  async function keysOf(): Promise<string[]> {
    const [, keys] = (await call('SCAN', '0', 'MATCH', `${keyPrefix}:*`, 'COUNT', '100000')) as [string, string[]];
    return keys;
  }
});

/** Points with their values as numbers. */
function pointsOf(points: unknown): [number, number][] {
  return (points as [unknown, unknown][]).map(([time, value]) => [Number(time), Number(value)]);
}
