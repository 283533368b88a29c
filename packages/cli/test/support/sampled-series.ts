import type { SampledSeries } from '../../src/query/matrix.ts';

const STALE = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer);

/** A series from its points, of which some may be staleness markers; times in milliseconds. */
export function series(
  labels: Record<string, string>,
  ...points: readonly (readonly [number, number | 'stale'])[]
): SampledSeries {
  const values = new Float64Array(points.length);
  for (const [index, [, value]] of points.entries()) {
    if (value === 'stale') {
      new Uint8Array(values.buffer).set(new Uint8Array(STALE.buffer), index * 8);
    } else {
      values[index] = value;
    }
  }
  return { labels, timestampsMs: Float64Array.from(points, ([timeMs]) => timeMs), values };
}
