import { ExpositionParser, SeriesPool, type Exposition } from '@pulsekeeper/exposition';
import { labelSetOf, type LabelSet } from '@pulsekeeper/model';
import { expect } from 'chai';

import { renameConflicts } from '../../../src/record/conflicting-labels.ts';
import { SchemaCache } from '../../../src/record/schema-cache.ts';
import {
  SeriesProjection,
  type ProjectedSamples,
  type SeriesProjectionOptions,
} from '../../../src/record/series-projection.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';

const NOW = 1_700_000_000_000;
const TARGET = labelSetOf(Object.entries({ service: 'shop', instance: 'one' }));

function labels(record: Record<string, string>): LabelSet {
  return labelSetOf(Object.entries(record));
}

describe('renameConflicts', () => {
  const table: [Record<string, string>, Record<string, string>][] = [
    [
      { __name__: 'm', service: 'x' },
      { __name__: 'm', exported_service: 'x' },
    ],
    [
      { service: 'x', exported_service: 'y' },
      { exported_service: 'y', exported_exported_service: 'x' },
    ],
    [
      { instance: 'i', service: 's' },
      { exported_instance: 'i', exported_service: 's' },
    ],
  ];
  for (const [scraped, expected] of table) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(scraped)}`, () => {
      expect({ ...renameConflicts(labels(scraped), TARGET) }).to.deep.equal(expected);
    });
  }

  it('returns the same set when nothing clashes', () => {
    const scraped = labels({ __name__: 'm', path: '/', constructor: 'x' });
    expect(renameConflicts(scraped, TARGET)).to.equal(scraped);
  });
});

describe('SeriesProjection', () => {
  const parser = (): ((text: string) => Exposition) => {
    const one = new ExpositionParser();
    return (text) => one.parse(Buffer.from(text), 'prometheus-text');
  };
  const projection = (
    options: Partial<SeriesProjectionOptions> = {},
  ): { project(exposition: Exposition): ProjectedSamples } => {
    const one = new SeriesProjection({
      schemas: new SchemaCache(),
      targetLabels: TARGET,
      honorLabels: false,
      honorTimestamps: true,
      ...options,
    });
    return {
      project: (exposition) => {
        expect(one.prepare(exposition, NOW)).to.equal(undefined);
        return one.project(exposition);
      },
    };
  };
  const keysOf = ({ schema }: { schema: { size: number; keyAt(index: number): string } }): string[] =>
    Array.from({ length: schema.size }, (_, index) => schema.keyAt(index));

  it('passes on the values and the schema untouched while only values change', () => {
    const [parse, one] = [parser(), projection()];
    const first = one.project(parse('a 1\nb 2\n'));
    const exposition = parse('a 1\nb 3\n');
    const second = one.project(exposition);
    expect(second.schema).to.equal(first.schema);
    expect(second.values).to.equal(exposition.values);
    expect([...(second.changed ?? [])]).to.deep.equal([1]);
    expect([first.seriesAdded, second.seriesAdded]).to.deep.equal([2, 0]);
  });

  it('shares the schema among targets that expose the same series', () => {
    const [schemas, pool] = [new SchemaCache(), new SeriesPool()];
    const parse = (text: string): Exposition =>
      new ExpositionParser({ pool }).parse(Buffer.from(text), 'prometheus-text');
    const other = labelSetOf(Object.entries({ service: 'shop', instance: 'two' }));
    const text = 'a{service="x"} 1\nb 2\n';
    const first = projection({ schemas }).project(parse(text));
    expect(projection({ schemas, targetLabels: other }).project(parse(text)).schema).to.equal(first.schema);
    const more = labelSetOf(Object.entries({ service: 'shop', instance: 'two', team: 't' }));
    expect(projection({ schemas, targetLabels: more }).project(parse(text)).schema).not.to.equal(first.schema);
    expect(projection({ schemas, honorLabels: true }).project(parse(text)).schema).not.to.equal(first.schema);
  });

  it('refuses a list of series that the store could not give back', async () => {
    const metadata = [{ name: 'a', type: 'gauge' as const, help: 'x'.repeat(2 ** 25), unit: '' }];
    const rules = { targetLabels: TARGET, honorLabels: false };
    const answer = await new SchemaCache().seriesOf(Buffer.from('a\n'), metadata, rules, '');
    expect(answer).to.be.instanceOf(ScrapeError).with.property('reason', 'sample_limit');
    expect((answer as ScrapeError).message).to.match(/^its list of series has \d+ bytes of metadata, /);
  });

  it('counts the series that are new', () => {
    const [parse, one] = [parser(), projection()];
    one.project(parse('a 1\nb 2\n'));
    expect(one.project(parse('b 2\nc 3\nd 4\n')).seriesAdded).to.equal(2);
    expect(one.project(parse('# HELP b text\nb 2\nc 3\nd 4\n')).seriesAdded).to.equal(0);
  });

  it('renames clashing labels, and honours them where it is told to', () => {
    const text = 'a{service="x"} 1\nb 2\n';
    expect(keysOf(projection().project(parser()(text)))).to.deep.equal(['a{exported_service="x"}', 'b']);
    expect(keysOf(projection({ honorLabels: true }).project(parser()(text)))).to.deep.equal(['a{service="x"}', 'b']);
  });

  it('keeps a label value that only looks like a clash', () => {
    const text = 'a{q="service=\\"x\\""} 1\n';
    expect(keysOf(projection().project(parser()(text)))).to.deep.equal(['a{q="service=\\"x\\""}']);
  });

  it('keeps the first of two series that become one by a rename', () => {
    const [parse, one] = [parser(), projection()];
    const projected = one.project(parse('a{service="x"} 1\na{exported_service="x"} 2\nb 3\n'));
    expect(keysOf(projected)).to.deep.equal(['a{exported_service="x"}', 'b']);
    expect([...projected.values]).to.deep.equal([1, 3]);
    const next = one.project(parse('a{service="x"} 4\na{exported_service="x"} 5\nb 6\n'));
    expect(next.schema).to.equal(projected.schema);
    expect([...next.values]).to.deep.equal([4, 6]);
    expect([...(next.changed ?? [])]).to.deep.equal([0, 1]);
  });

  it('refuses to project what was not prepared', () => {
    const options = { schemas: new SchemaCache(), targetLabels: TARGET, honorLabels: false, honorTimestamps: true };
    expect(() => new SeriesProjection(options).project(parser()('a 1\n'))).to.throw(TypeError, 'not prepared');
  });

  it('leaves out samples that are out of bounds, and counts them', () => {
    const [parse, one] = [parser(), projection()];
    const [far, near, early] = [NOW + 600_001, NOW + 599_998, NOW - 3_600_001];
    const text = (value: number): string =>
      `a ${value} ${far}\nb ${value} ${near + value}\nc ${value}\nd ${value} ${early + value}\ne ${value} 0\n`;
    const first = one.project(parse(text(1)));
    expect(keysOf(first)).to.deep.equal(['b', 'c', 'd']);
    expect([...first.values]).to.deep.equal([1, 1, 1]);
    expect([...(first.timestampsMs ?? [])]).to.deep.equal([near + 1, NaN, early + 1]);
    expect(first).to.include({ outOfBounds: 2, seriesAdded: 3 });
    const second = one.project(parse(text(2)));
    expect(second.schema).to.equal(first.schema);
    expect([...second.values]).to.deep.equal([2, 2, 2]);
    const third = one.project(parse(`a 3\nb 3 ${far}\nc 3\nd 3 ${NOW}\ne 3 0\n`));
    expect(keysOf(third)).to.deep.equal(['a', 'c', 'd']);
    expect(third).to.include({ outOfBounds: 2, seriesAdded: 1 });
    expect(one.project(parse(`a 4\nb 4\nc 4\nd 4\ne 4\n`))).to.include({ outOfBounds: 0, seriesAdded: 2 });
    const ignoring = projection({ honorTimestamps: false });
    expect(ignoring.project(parser()(text(1)))).to.include({ outOfBounds: 0, seriesAdded: 5 });
  });

  describe('of samples with times of their own', () => {
    /** One scrape of series with a value and a time, in seconds before now. */
    const textOf = (samples: Record<string, readonly [value: number, secondsBefore: number]>): string =>
      Object.entries(samples)
        .map(([name, [value, before]]) => `${name} ${value} ${NOW - before * 1000}\n`)
        .join('');
    const shown = ({ values, timestampsMs }: ProjectedSamples): unknown[] =>
      [...values].map((value, at) => [value, (NOW - (timestampsMs?.[at] ?? NaN)) / 1000]);

    it('takes those that are newer than the ones before, and lets series stay as they were else', () => {
      const [parse, one] = [parser(), projection()];
      const first = one.project(parse(textOf({ newer: [1, 60], older: [1, 60], same: [1, 60], other: [1, 60] })));
      expect(first).to.include({ outOfOrder: 0, duplicateTimestamps: 0, outOfBounds: 0 });
      const scraped = parse(textOf({ newer: [2, 30], older: [2, 61], same: [1, 60], other: [2, 60] }));
      const second = one.project(scraped);
      expect(second).to.include({ outOfOrder: 1, duplicateTimestamps: 1, outOfBounds: 0, seriesAdded: 0 });
      expect(second.schema).to.equal(first.schema);
      expect(shown(second)).to.deep.equal([
        [2, 30],
        [1, 60],
        [1, 60],
        [1, 60],
      ]);
      expect([...scraped.values], 'what was parsed stays as it was').to.deep.equal([2, 2, 1, 2]);
      const third = one.project(parse(textOf({ newer: [3, 31], older: [3, 59], same: [3, 10], other: [3, 60] })));
      expect(third).to.include({ outOfOrder: 1, duplicateTimestamps: 1 });
      expect(shown(third)).to.deep.equal([
        [2, 30],
        [3, 59],
        [3, 10],
        [1, 60],
      ]);
    });

    it('knows them by their names, whatever comes and goes', () => {
      const [parse, one] = [parser(), projection()];
      one.project(parse(textOf({ a: [1, 60], b: [1, 50], c: [1, 40] })));
      const second = one.project(parse(textOf({ x: [2, 99], c: [2, 41], a: [2, 59] })));
      expect(second).to.include({ outOfOrder: 1 });
      expect(shown(second)).to.deep.equal([
        [2, 99],
        [1, 40],
        [2, 59],
      ]);
      // A series that was away starts anew.
      expect(shown(one.project(parse(textOf({ b: [3, 70], a: [3, 60] }))))).to.deep.equal([
        [3, 70],
        [2, 59],
      ]);
    });

    it('leaves samples without one alone, and all where times are not honoured', () => {
      const [parse, one] = [parser(), projection()];
      one.project(parse(`a 1 ${NOW + 1000}\nb 1\n`));
      const second = one.project(parse('a 2\nb 2\n'));
      expect(second).to.include({ outOfOrder: 0, duplicateTimestamps: 0 });
      expect(second.timestampsMs).to.equal(undefined);
      expect([...second.values]).to.deep.equal([2, 2]);
      const ignoring = projection({ honorTimestamps: false });
      ignoring.project(parse(textOf({ a: [1, 60], b: [1, 60] })));
      expect([...ignoring.project(parse(textOf({ a: [2, 61], b: [2, 61] }))).values]).to.deep.equal([2, 2]);
    });

    it('lets others work while it looks at many', async () => {
      const series = 200_000;
      const one = new SeriesProjection({
        schemas: new SchemaCache(),
        targetLabels: TARGET,
        honorLabels: true,
        honorTimestamps: true,
      });
      const parse = parser();
      const listOf = (early: number): Exposition =>
        parse(
          Array.from({ length: series }, (_, index) => `a{i="${index}"} 1 ${index % 9 === 0 ? early : NOW}\n`).join(''),
        );
      expect(await one.prepare(listOf(NOW), NOW)).to.equal(undefined);
      const exposition = listOf(0);
      const pending = one.prepare(exposition, NOW);
      expect(pending).to.be.instanceOf(Promise);
      expect(await pending).to.equal(undefined);
      const { schema, outOfBounds } = one.project(exposition);
      expect(outOfBounds).to.equal(Math.ceil(series / 9));
      expect([schema.size, schema.keyAt(0), schema.keyAt(8)]).to.deep.equal([
        series - outOfBounds,
        'a{i="1"}',
        'a{i="10"}',
      ]);
    });
  });

  it('lets others work while it looks at long lists that change', async () => {
    const series = 100_000;
    const listOf = (scrape: number): Exposition => {
      const lines = Array.from({ length: series }, (_, index) => `a{path="/${scrape}/${index}",service="x${index}"} 1`);
      return new ExpositionParser().parse(Buffer.from(`${lines.join('\n')}\n`), 'prometheus-text');
    };
    const schemas = new SchemaCache();
    const options = { schemas, targetLabels: TARGET, honorLabels: true, honorTimestamps: true };
    const one = new SeriesProjection(options);
    const [first, second] = [listOf(0), listOf(1)];
    expect(one.prepare(first, NOW)).to.equal(undefined);
    expect(one.project(first).seriesAdded).to.equal(series);
    const prepared = one.prepare(second, NOW);
    expect(prepared).to.be.instanceOf(Promise);
    expect(await prepared).to.equal(undefined);
    expect(one.project(second).seriesAdded).to.equal(series);
  });

  it('leaves out any of many series that are out of bounds', () => {
    const [parse, one] = [parser(), projection()];
    const far = NOW + 600_001;
    const isFar = (index: number): boolean => index % 7 === 0 || index % 5 === 1 || index > 990;
    const lines = Array.from({ length: 1000 }, (_, index) => `a{i="${index}"} 1${isFar(index) ? ` ${far}` : ''}`);
    const expected = lines.flatMap((_, index) => (isFar(index) ? [] : [`a{i="${index}"}`]));
    expect(keysOf(one.project(parse(`${lines.join('\n')}\n`)))).to.deep.equal(expected);
  });

  it('counts the series that a rename made equal to an earlier one', () => {
    const one = projection();
    expect(one.project(parser()('a{service="x"} 1\na{exported_service="x"} 2\n'))).to.include({ duplicates: 1 });
    expect(projection().project(parser()('a{service="x"} 1\nb 2\n'))).to.include({ duplicates: 0 });
  });

  it('drops timestamps unless it is told to honour them', () => {
    const text = `a 1 ${NOW - 1000}\nb 2\n`;
    expect([...(projection().project(parser()(text)).timestampsMs ?? [])]).to.deep.equal([NOW - 1000, NaN]);
    expect(projection({ honorTimestamps: false }).project(parser()(text)).timestampsMs).to.equal(undefined);
  });
});
