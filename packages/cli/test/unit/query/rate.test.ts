import { expect } from 'chai';

import { rateOf } from '../../../src/query/rate.ts';
import { series } from '../../support/sampled-series.ts';

type Point = readonly [seconds: number, value: number | 'stale'];

/** The rate at 60 s over the minute before it. */
function rateAt60(...points: readonly Point[]): number | undefined {
  const counter = series({ __name__: 'c', a: 'b' }, ...points.map(([s, value]) => [s * 1000, value] as const));
  return rateOf(counter, { fromMs: 60_000, untilMs: 60_000, stepMs: 1000, windowMs: 60_000 }).values[0];
}

describe('rateOf', () => {
  const cases: readonly (readonly [what: string, points: readonly Point[], perSecond: number | undefined])[] = [
    [
      'is the increase over the window',
      [
        [0.001, 100],
        [30, 130],
        [60, 160],
      ],
      60 / 59.999,
    ],
    [
      'goes on to both edges when samples are close to them',
      [
        [10, 100],
        [30, 120],
        [50, 140],
      ],
      1,
    ],
    [
      'goes half a gap further where they are not',
      [
        [20, 100],
        [25, 105],
        [30, 110],
      ],
      15 / 60,
    ],
    [
      'never reaches below a count of 0',
      [
        [10, 0],
        [30, 20],
        [50, 40],
      ],
      50 / 60,
    ],
    [
      'counts on after a reset',
      [
        [0.001, 90],
        [20, 100],
        [40, 5],
        [60, 15],
      ],
      (25 * 60) / 59.999 / 60,
    ],
    [
      'counts several resets',
      [
        [0.001, 50],
        [20, 10],
        [40, 5],
        [60, 2],
      ],
      (17 * 60) / 59.999 / 60,
    ],
    [
      'is 0 for what stands still',
      [
        [10, 5],
        [30, 5],
        [50, 5],
      ],
      0,
    ],
    [
      'takes no staleness marker for a sample',
      [
        [10, 100],
        [20, 'stale'],
        [30, 120],
        [50, 140],
      ],
      1,
    ],
    ['has no value with one sample', [[30, 5]], undefined],
    [
      'has no value where all but one sample are markers',
      [
        [10, 5],
        [30, 'stale'],
      ],
      undefined,
    ],
    [
      'leaves out what is at the beginning of the window or before it',
      [
        [-30, 0],
        [0, 1],
        [30, 5],
      ],
      undefined,
    ],
  ];
  for (const [what, points, perSecond] of cases) {
    it(what, () => {
      const rate = rateAt60(...points);
      if (perSecond === undefined) {
        expect(rate).to.equal(undefined);
      } else {
        expect(rate).to.be.closeTo(perSecond, 1e-9);
      }
    });
  }

  it('has a value at every step whose window holds two samples, and no name', () => {
    const counter = series({ __name__: 'c', a: 'b' }, [5000, 1], [15_000, 2], [25_000, 3], [95_000, 9]);
    const rate = rateOf(counter, { fromMs: 10_000, untilMs: 100_000, stepMs: 10_000, windowMs: 20_000 });
    expect(rate.labels).to.deep.equal({ a: 'b' });
    expect([...rate.timestampsMs]).to.deep.equal([20_000, 30_000]);
  });

  it('is NaN, not a reset, where a counter is NaN', () => {
    expect(rateAt60([10, 1], [30, Number.NaN], [50, 3])).to.be.closeTo(3 / 60, 1e-9);
    expect(rateAt60([10, 1], [30, 2], [50, Number.NaN])).to.satisfy(Number.isNaN);
  });
});
