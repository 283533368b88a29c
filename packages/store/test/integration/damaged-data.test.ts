import { expect } from 'chai';
import { createSeriesSchema, parseSelector, type TargetId } from '@pulsekeeper/model';
import { requireServers, startRedis, type RedisServer } from '@pulsekeeper/test-support';
import type { Store } from '../../src/index.ts';
import { schemaToBlob } from '../../src/schema/schema-blob.ts';
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
} from './store-support.ts';

describe('reading while redis holds damaged data', () => {
  let redis: RedisServer;
  let writing: Store;
  let reading: Store;
  let prefix = '';
  const good = idOf('good');
  const bad = idOf('bad');

  before(async () => {
    requireServers();
    redis = await startRedis();
  });

  let run = 0;
  beforeEach(async () => {
    prefix = `damage${++run}`;
    const options = { url: redis.url, keyPrefix: prefix };
    writing = await startStore({ ...options, collector: 'c1' });
    await append(good, range(5));
    await append(bad, range(5), 'z');
    reading = await startStore(options);
  });

  /** Frames of a target; `extra` makes its list of series another. */
  async function append(id: TargetId, steps: readonly number[], extra?: string): Promise<void> {
    const target = writing.writer.open({ id, labels: labelsOf(id) });
    const own = extra === undefined ? {} : { [extra]: 1 };
    for (const step of steps) await target.append(frameAt(step, { ...samplesAt(step), ...own }));
  }

  async function schemaIdOf(id: TargetId): Promise<string> {
    return (await reading.reader.targets()).find((target) => target.id === id)!.schemaIds[0]!;
  }

  async function instancesOf(selector: string): Promise<(string | undefined)[]> {
    const found = await collect(reading.reader.select(parseSelector(selector), slotAt(0), slotAt(99)));
    return found.map(({ labels }) => labels['instance']);
  }

  it('takes a schema that is no schema for a missing one, and counts it once', async () => {
    await redis.cli('SET', `${prefix}:schema:${await schemaIdOf(bad)}`, 'nonsense');
    expect(await instancesOf('a')).to.deep.equal(['good']);
    expect(await reading.reader.labelValues('x')).to.deep.equal(['1', '2']);
    expect(await reading.reader.labelNames()).to.include('x');
    expect((await reading.reader.metricMetadata('a')).get('a')).to.have.length(1);
    expect(await instancesOf('up')).to.deep.equal(['bad', 'good']);
    expect(new Set((await reading.reader.seriesOf(parseSelector('a'))).map(({ target }) => target))).to.deep.equal(
      new Set([good]),
    );
    expect(reading.health().corruptFrames).to.equal(1);
  });

  it('takes a key of another type in the place of a schema for a missing one', async () => {
    const key = `${prefix}:schema:${await schemaIdOf(bad)}`;
    await redis.cli('DEL', key);
    await redis.cli('HSET', key, 'x', 'y');
    expect(await instancesOf('a')).to.deep.equal(['good']);
    expect(reading.health().corruptFrames).to.equal(1);
  });

  it('leaves out a series whose key cannot be read, and counts its schema once', async () => {
    const schema = createSeriesSchema(Buffer.from('a\nb{x="1"\nc{y="2"}\n'));
    await redis.cli('SET', `${prefix}:schema:${schema.id}`, 'x');
    const id = idOf('odd');
    const target = writing.writer.open({ id, labels: labelsOf(id) });
    const frame = frameAt(0, { a: 0, b: 1, c: 2 });
    await target.append({ ...frame, samples: { schema, values: Float64Array.of(0, 1, 2) } });
    await redis.cli('DEL', `${prefix}:schema:${schema.id}`);
    await redis.cli(
      'EVAL',
      `return redis.call('SET', KEYS[1], (string.gsub(ARGV[1], '..', function(two) return string.char(tonumber(two, 16)) end)))`,
      1,
      `${prefix}:schema:${schema.id}`,
      schemaToBlob(schema).toString('hex'),
    );
    const found = await collect(
      reading.reader.select(parseSelector('{instance="odd",__name__=~"a|b|c"}'), slotAt(0), slotAt(9)),
    );
    expect(found.map(({ labels }) => labels['__name__'])).to.deep.equal(['a', 'c']);
    expect(await reading.reader.labelValues('y')).to.deep.equal(['2']);
    expect(reading.health().corruptFrames).to.equal(1);
  });

  for (const frame of ['', '\x12', '\x13', '\x12\x01', '\x13\xff\xff\xff', '\xff', 'nonsense']) {
    it(`passes over the frame ${JSON.stringify(frame)}, in the range and at its head`, async () => {
      const key = `${prefix}:{${bad}}:frames`;
      await redis.cli(
        'EVAL',
        `return redis.call('XADD', KEYS[1], ARGV[1], 'f', ARGV[2])`,
        1,
        key,
        `${slotAt(5)}-0`,
        frame,
      );
      expect(await storedSteps(reading, bad)).to.deep.equal(range(5));
      const found = await collect(reading.reader.select(parseSelector('a'), slotAt(5), slotAt(9)));
      expect(found).to.deep.equal([]);
      expect(await storedSteps(reading, good)).to.deep.equal(range(5));
      expect(reading.health().corruptFrames).to.be.greaterThan(0);
      expect((await reading.reader.lastReports([bad])).get(bad)?.slotMs).to.equal(slotAt(4));
    });
  }

  it('passes over a late member without a frame', async () => {
    await redis.cli('ZADD', `${prefix}:{${bad}}:late`, slotAt(2), 'nonsense', slotAt(3), `${slotAt(3)}-0|`);
    expect(await storedSteps(reading, bad)).to.deep.equal(range(5));
    expect(await reading.writer.lastSlots([bad])).to.deep.equal(new Map([[bad, slotAt(4)]]));
  });

  it('reads the other targets when keys of one are of another type', async () => {
    await redis.cli('DEL', `${prefix}:{${bad}}:frames`);
    await redis.cli('SET', `${prefix}:{${bad}}:frames`, 'x');
    await redis.cli('SET', `${prefix}:{${bad}}:late`, 'x');
    expect(await instancesOf('a')).to.deep.equal(['good']);
    expect(await collect(reading.reader.slots(bad, slotAt(0), slotAt(9)))).to.deep.equal([]);
    const outcomes = await collect(reading.reader.outcomes([bad, good], slotAt(0), slotAt(9)));
    expect(outcomes.map((page) => [page.target, page.outcomes.length])).to.deep.equal([
      [bad, 0],
      [good, 5],
    ]);
    expect([...(await reading.reader.lastReports([bad, good])).keys()]).to.deep.equal([good]);
    expect(await reading.writer.lastSlots([bad, good])).to.deep.equal(
      new Map([
        [bad, undefined],
        [good, slotAt(4)],
      ]),
    );
    expect(reading.health().corruptFrames).to.be.greaterThan(0);
  });
});
