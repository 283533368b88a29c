import { expect } from 'chai';
import { createSeriesSchema, parseSelector } from '@pulsekeeper/model';
import { SchemaView } from '../../../src/reader/schema-view.ts';
import { seriesLabels, SeriesMatch } from '../../../src/reader/series-match.ts';

const view = new SchemaView(createSeriesSchema(Buffer.from('a{x="1"}\na{x="2"}\nb{service="own"}\nb{x="1"}\nc\n')));
const target = { service: 'api', instance: 'i1' };

describe('SeriesMatch', () => {
  for (const [selector, expected] of [
    ['a', [0, 1]],
    ['{x="1"}', [0, 3]],
    ['{x="",__name__=~".+"}', [2, 4]],
    ['b{service="api"}', [3]],
    ['{service="own"}', [2]],
    ['{service!="own",__name__=~"b|c"}', [3, 4]],
    ['a{instance="i1",x=~"1|3"}', [0]],
    ['a{instance="i2"}', []],
    ['{__name__!="a",__name__=~".+",x!="1"}', [2, 4]],
    ['d', []],
  ] as const) {
    it(`finds ${selector}`, () => {
      expect(new SeriesMatch(parseSelector(selector)).columnsOf(view, target)).to.deep.equal(expected);
    });
  }

  it('looks at no series of metrics that are not wanted', () => {
    const damaged: unknown[] = [];
    const keys = Buffer.from('a{x="1"}\nb{x="1"\n');
    const half = new SchemaView(createSeriesSchema(keys), (error) => damaged.push(error));
    expect(new SeriesMatch(parseSelector('a{x="1",instance="i1"}')).columnsOf(half, target)).to.deep.equal([0]);
    expect(damaged).to.deep.equal([]);
    expect(new SeriesMatch(parseSelector('{x="1"}')).columnsOf(half, target)).to.deep.equal([0]);
    expect(damaged).to.have.length(1);
  });

  it('answers for each target by its own labels', () => {
    const match = new SeriesMatch(parseSelector('b{service=~"own|db"}'));
    expect(match.columnsOf(view, target)).to.deep.equal([2]);
    expect(match.columnsOf(view, { service: 'db' })).to.deep.equal([2, 3]);
    expect(match.columnsOf(view, target)).to.deep.equal([2]);
  });

  it('lets a series hide a label of its target by an empty value', () => {
    const hiding = new SchemaView(createSeriesSchema(Buffer.from('a{service=""}\na{x="1"}\n')));
    const columns = (selector: string): readonly number[] =>
      new SeriesMatch(parseSelector(selector)).columnsOf(hiding, target);
    expect([columns('a{service="api"}'), columns('a{service=""}')]).to.deep.equal([[1], [0]]);
    expect({ ...seriesLabels(hiding.labelsAt(0)!, target) }).to.deep.equal({ __name__: 'a', instance: 'i1' });
  });

  it('finds synthetic series by name and the labels of the target', () => {
    expect(new SeriesMatch(parseSelector('up{service="api"}')).syntheticOf(target)).to.deep.equal([0]);
    expect(new SeriesMatch(parseSelector('up{service="db"}')).syntheticOf(target)).to.deep.equal([]);
  });

  it('passes over schemas without the metric', () => {
    const match = new SeriesMatch(parseSelector('a'));
    expect([['a', 'b'], ['b']].map((metrics) => match.mayMatch({ size: 2, metrics }))).to.deep.equal([true, false]);
  });
});
