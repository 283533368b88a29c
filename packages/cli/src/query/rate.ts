import type { SampledSeries } from './matrix.ts';
import { isStaleMarker } from './sample-value.ts';

/** Samples that are further than this many average gaps from the edge of the window are not taken to go on to it. */
const EDGE_GAPS = 1.1;

/** The instants of a rate, and the window before each that it is taken over. */
export interface RateWindow {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
  readonly windowMs: number;
}

/**
 * The per-second increase of a counter at `fromMs`, `fromMs + stepMs`, … up to `untilMs`, each over the window before it,
 * as Prometheus's `rate()`: a value below the one before it is a reset, after which the counter went on from 0; the
 * increase is extrapolated to the edges of the window where samples are close to them, and never below a count of 0
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#rate). An instant whose window holds fewer than two
 * samples has no value. Staleness markers are no samples. The metric's name goes: a rate is another metric.
 *
 * `O(samples + steps)`, but for windows that overlap. The series must reach back to `fromMs - windowMs`.
 */
export function rateOf(series: SampledSeries, window: RateWindow): SampledSeries {
  const samples = samplesOf(series);
  const timestampsMs: number[] = [];
  const values: number[] = [];
  let first = 0;
  let end = 0;
  for (let atMs = window.fromMs; atMs <= window.untilMs; atMs += window.stepMs) {
    while (end < samples.timesMs.length && (samples.timesMs[end] ?? 0) <= atMs) {
      end += 1;
    }
    while (first < end && (samples.timesMs[first] ?? 0) <= atMs - window.windowMs) {
      first += 1;
    }
    const value = rateWithin(samples, first, end, atMs, window.windowMs);
    if (value !== undefined) {
      timestampsMs.push(atMs);
      values.push(value);
    }
  }
  return {
    labels: withoutName(series.labels),
    timestampsMs: Float64Array.from(timestampsMs),
    values: Float64Array.from(values),
  };
}

/** Labels without the name of the metric. */
export function withoutName(labels: SampledSeries['labels']): SampledSeries['labels'] {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== '__name__'));
}

interface Samples {
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

function samplesOf(series: SampledSeries): Samples {
  const timesMs: number[] = [];
  const values: number[] = [];
  for (const [index, value] of series.values.entries()) {
    if (!isStaleMarker(series.values, index)) {
      timesMs.push(series.timestampsMs[index] ?? 0);
      values.push(value);
    }
  }
  return { timesMs, values };
}

function rateWithin(
  { timesMs, values }: Samples,
  first: number,
  end: number,
  atMs: number,
  windowMs: number,
): number | undefined {
  const [firstMs, lastMs, firstValue] = [timesMs[first], timesMs[end - 1], values[first]];
  if (end - first < 2 || firstMs === undefined || lastMs === undefined || firstValue === undefined) {
    return undefined;
  }
  const increase = increaseOf(values, first, end);
  const sampledMs = lastMs - firstMs;
  const gapMs = sampledMs / (end - first - 1);
  const reach = (distanceMs: number): number => (distanceMs >= gapMs * EDGE_GAPS ? gapMs / 2 : distanceMs);
  // Further back than this the counter would have been below 0.
  const toZeroMs = increase > 0 && firstValue >= 0 ? sampledMs * (firstValue / increase) : Number.POSITIVE_INFINITY;
  const beforeMs = Math.min(reach(firstMs - (atMs - windowMs)), toZeroMs);
  const coveredMs = beforeMs + sampledMs + reach(atMs - lastMs);
  return (increase * (coveredMs / sampledMs)) / (windowMs / 1000);
}

function increaseOf(values: readonly number[], first: number, end: number): number {
  let increase = (values[end - 1] ?? 0) - (values[first] ?? 0);
  for (let index = first + 1; index < end; index += 1) {
    const previous = values[index - 1] ?? 0;
    if ((values[index] ?? 0) < previous) {
      increase += previous;
    }
  }
  return increase;
}
