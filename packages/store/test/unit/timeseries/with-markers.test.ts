import { expect } from 'chai';
import { isStaleMarker } from '../../../src/index.ts';
import { withMarkers } from '../../../src/timeseries/with-markers.ts';

describe('withMarkers', () => {
  function shown(times: readonly number[], slots: readonly number[]): string {
    const points = { timestampsMs: Float64Array.from(times), values: Float64Array.from(times, (time) => time * 10) };
    const { timestampsMs, values } = withMarkers(points, slots);
    return [...timestampsMs]
      .map((time, at) => (isStaleMarker(values, at) ? `!${time}` : `${time}=${values[at]}`))
      .join(' ');
  }

  for (const [title, times, slots, expected] of [
    ['nothing', [], [1, 2], ''],
    ['a series that was always there', [1, 2, 3], [1, 2, 3], '1=10 2=20 3=30'],
    ['one that ceased, marked once', [1], [1, 2, 3], '1=10 !2'],
    ['one that came and went', [2, 5], [1, 2, 3, 4, 5, 6], '2=20 !3 5=50 !6'],
    ['points whose slots are not told of yet', [1, 2, 3], [1], '1=10 2=20 3=30'],
    ['points between slots', [1, 3], [2, 4], '1=10 !2 3=30 !4'],
    ['no slots', [1, 2], [], '1=10 2=20'],
  ] as const) {
    it(`gives ${title}`, () => {
      expect(shown(times, slots)).to.equal(expected);
    });
  }
});
