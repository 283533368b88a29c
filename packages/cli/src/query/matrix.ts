import type { LabelSet } from '@pulsekeeper/model';

import { formatSampleValue, isStaleMarker } from './sample-value.ts';

/** The data of a range query in the shape of Prometheus's HTTP API. */
export interface MatrixData {
  readonly resultType: 'matrix';
  readonly result: readonly MatrixSeries[];
}

/** One series: its labels and its points as `[unixSeconds, "value"]`. */
export interface MatrixSeries {
  readonly metric: LabelSet;
  readonly values: readonly (readonly [number, string])[];
}

/** A series as the store reads it: equally long arrays, times ascending; a staleness marker ends a run. */
export interface SampledSeries {
  readonly labels: LabelSet;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/**
 * Shapes what was read into a matrix: staleness markers and series without a point go, series are sorted by their
 * labels as Prometheus sorts them, so that equal data give equal output.
 */
export function toMatrix(series: readonly SampledSeries[]): MatrixData {
  const result = series
    .map(({ labels, timestampsMs, values }) => ({ pairs: sortedPairs(labels), values: toPoints(timestampsMs, values) }))
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => comparePairs(a.pairs, b.pairs))
    .map(({ pairs, values }) => ({ metric: Object.fromEntries(pairs), values }));
  return { resultType: 'matrix', result };
}

/** Orders two label sets as Prometheus does: label by label, name before value, the shorter set first. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  return comparePairs(Object.entries(a), Object.entries(b));
}

type LabelPairs = readonly (readonly [name: string, value: string])[];

function comparePairs(left: LabelPairs, right: LabelPairs): number {
  for (const [index, [name, value]] of left.entries()) {
    const other = right[index];
    if (other === undefined) {
      return 1;
    }
    const order = compareText(name, other[0]) || compareText(value, other[1]);
    if (order !== 0) {
      return order;
    }
  }
  return left.length - right.length;
}

function toPoints(timestampsMs: Float64Array, values: Float64Array): (readonly [number, string])[] {
  const points: (readonly [number, string])[] = [];
  for (const [index, value] of values.entries()) {
    const timeMs = timestampsMs[index];
    if (timeMs !== undefined && !isStaleMarker(values, index)) {
      points.push([timeMs / 1000, formatSampleValue(value)]);
    }
  }
  return points;
}

function sortedPairs(labels: LabelSet): LabelPairs {
  return Object.entries(labels).sort(([a], [b]) => compareText(a, b));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
