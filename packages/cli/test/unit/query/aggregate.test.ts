import { expect } from 'chai';

import { aggregate, AGGREGATIONS } from '../../../src/query/aggregate.ts';
import { series } from '../../support/sampled-series.ts';

const SERIES = [
  series({ __name__: 'up', service: 'web', instance: '1' }, [1000, 1], [2000, 2]),
  series({ __name__: 'up', service: 'web', instance: '2' }, [2000, 5], [3000, 7]),
  series({ __name__: 'up', service: 'db', instance: '1' }, [2000, 10]),
];

describe('aggregate', () => {
  const expected = { sum: [1, 17, 7], avg: [1, 17 / 3, 7], min: [1, 2, 7], max: [1, 10, 7], count: [1, 3, 1] };
  for (const name of AGGREGATIONS) {
    it(`${name} puts everything together, instant by instant`, () => {
      const [result, ...more] = aggregate(SERIES, name, []);
      expect(more).to.deep.equal([]);
      expect(result?.labels).to.deep.equal({});
      expect([...(result?.timestampsMs ?? [])]).to.deep.equal([1000, 2000, 3000]);
      expect([...(result?.values ?? [])]).to.deep.equal(expected[name]);
    });
  }

  it('keeps the labels that it is asked for, and nothing else', () => {
    const result = aggregate(SERIES, 'sum', ['service', 'zone']);
    expect(result.map(({ labels, values }) => [labels, [...values]])).to.deep.equal([
      [{ service: 'web' }, [1, 7, 7]],
      [{ service: 'db' }, [10]],
    ]);
  });

  it('tells values apart that look alike when they are strung together', () => {
    const twins = [series({ a: 'x","b' }, [1, 1]), series({ a: 'x', b: 'b' }, [1, 1])];
    expect(aggregate(twins, 'count', ['a', 'b'])).to.have.length(2);
  });

  it('adds without losing what is small', () => {
    const parts = [1e16, 1, -1e16, 1].map((value) => series({}, [1, value]));
    expect([...(aggregate(parts, 'sum', [])[0]?.values ?? [])]).to.deep.equal([2]);
  });

  it('treats what is not finite as Prometheus does', () => {
    const of = (...values: readonly number[]): Record<string, number | undefined> =>
      Object.fromEntries(
        AGGREGATIONS.map((name) => [
          name,
          aggregate(
            values.map((value) => series({}, [1, value])),
            name,
            [],
          )[0]?.values[0],
        ]),
      );
    expect(of(Number.NaN, 3, 1)).to.deep.equal({ sum: Number.NaN, avg: Number.NaN, min: 1, max: 3, count: 3 });
    expect(of(Number.NaN)).to.deep.include({ min: Number.NaN, max: Number.NaN, count: 1 });
    expect(of(Number.POSITIVE_INFINITY, 1)).to.include({ sum: Number.POSITIVE_INFINITY, min: 1 });
    expect(of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)).to.deep.include({ sum: Number.NaN });
  });

  it('is nothing of nothing', () => {
    expect(aggregate([], 'sum', [])).to.deep.equal([]);
  });
});
