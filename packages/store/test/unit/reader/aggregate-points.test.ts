import { expect } from 'chai';
import type { Aggregator } from '@pulsekeeper/model';
import { labelSetOf, targetId } from '@pulsekeeper/model';
import { aggregatePoints } from '../../../src/reader/aggregate-points.ts';

describe('aggregatePoints', () => {
  const series = {
    target: targetId('api', 'a1'),
    labels: labelSetOf([['__name__', 'a']]),
    timestampsMs: Float64Array.of(8, 10, 15, 19, 20, 45, 49),
    values: Float64Array.of(1, 4, Number.NaN, -2, Number.NaN, 5, 7),
  };

  for (const [aggregator, values] of [
    ['avg', [1, 1, 6]],
    ['sum', [1, 2, 12]],
    ['min', [1, -2, 5]],
    ['max', [1, 4, 7]],
    ['range', [0, 6, 2]],
    ['count', [1, 2, 2]],
    ['first', [1, 4, 5]],
    ['last', [1, -2, 7]],
  ] as const satisfies readonly (readonly [Aggregator, readonly number[]])[]) {
    it(`gives the ${aggregator} of each bucket that has values`, () => {
      const result = aggregatePoints(series, { aggregator, bucketMs: 10 });
      expect([...result.timestampsMs]).to.deep.equal([0, 10, 40]);
      expect([...result.values]).to.deep.equal(values);
      expect(result.labels).to.equal(series.labels);
    });
  }
});
