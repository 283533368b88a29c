import { isStaleMarker } from './sample-value.ts';
import type { SampledSeries } from './matrix.ts';

/** How far back a value still counts at an instant, unless the series ended earlier: Prometheus's own default. */
export const LOOKBACK_MS = 300_000;

/**
 * Evaluates a series at `fromMs`, `fromMs + stepMs`, … up to `untilMs`, as a range query does: at each instant the
 * latest sample not older than the look-back, and nothing where the latest is a staleness marker.
 *
 * `O(samples + steps)`. The series must reach back to `fromMs - lookbackMs` for the first instants to be complete.
 */
export function alignToStep(
  series: SampledSeries,
  range: { readonly fromMs: number; readonly untilMs: number; readonly stepMs: number; readonly lookbackMs: number },
): SampledSeries {
  const timestampsMs: number[] = [];
  const values: number[] = [];
  let next = 0;
  for (let atMs = range.fromMs; atMs <= range.untilMs; atMs += range.stepMs) {
    while (next < series.timestampsMs.length && (series.timestampsMs[next] ?? Number.POSITIVE_INFINITY) <= atMs) {
      next += 1;
    }
    const latest = next - 1;
    const timeMs = series.timestampsMs[latest];
    const value = series.values[latest];
    const isFresh = timeMs !== undefined && timeMs > atMs - range.lookbackMs;
    if (isFresh && value !== undefined && !isStaleMarker(series.values, latest)) {
      timestampsMs.push(atMs);
      values.push(value);
    }
  }
  return { labels: series.labels, timestampsMs: Float64Array.from(timestampsMs), values: Float64Array.from(values) };
}
