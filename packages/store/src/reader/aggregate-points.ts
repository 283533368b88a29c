import type { Aggregator } from '@pulsekeeper/model';
import type { Aggregation, SeriesResult } from '../frame-reader.ts';

/** The values of one bucket, summed up as they come. */
interface Bucket {
  startMs: number;
  count: number;
  sum: number;
  least: number;
  most: number;
  first: number;
  last: number;
}

/** A series with one value a bucket, as {@link Aggregation} says. O(points). */
export function aggregatePoints(series: SeriesResult, { aggregator, bucketMs }: Aggregation): SeriesResult {
  const times: number[] = [];
  const values: number[] = [];
  let bucket: Bucket | undefined;
  const close = (): void => {
    if (bucket === undefined) return;
    times.push(bucket.startMs);
    values.push(valueOf(bucket, aggregator));
  };
  for (let at = 0; at < series.values.length; at++) {
    const value = series.values[at] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const startMs = Math.floor((series.timestampsMs[at] ?? 0) / bucketMs) * bucketMs;
    if (bucket?.startMs !== startMs) {
      close();
      bucket = { startMs, count: 0, sum: 0, least: value, most: value, first: value, last: value };
    }
    bucket.count++;
    bucket.sum += value;
    bucket.least = Math.min(bucket.least, value);
    bucket.most = Math.max(bucket.most, value);
    bucket.last = value;
  }
  close();
  return { ...series, timestampsMs: Float64Array.from(times), values: Float64Array.from(values) };
}

function valueOf({ count, sum, least, most, first, last }: Bucket, aggregator: Aggregator): number {
  switch (aggregator) {
    case 'avg':
      return sum / count;
    case 'sum':
      return sum;
    case 'min':
      return least;
    case 'max':
      return most;
    case 'range':
      return most - least;
    case 'count':
      return count;
    case 'first':
      return first;
    case 'last':
      return last;
  }
}
