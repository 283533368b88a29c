import { formatDuration, parseDuration } from './duration.ts';

/** How the values of a bucket of time become one. */
export const AGGREGATORS = ['avg', 'sum', 'min', 'max', 'range', 'count', 'first', 'last'] as const;
export type Aggregator = (typeof AGGREGATORS)[number];

/** A compaction of every series of a target: one value for each bucket of time, kept for a time of its own. */
export interface DownsampleRule {
  readonly aggregator: Aggregator;
  /** Length of a bucket; buckets begin at multiples of it. */
  readonly bucketMs: number;
  readonly retentionMs: number;
}

/** `avg:5m:90d`. */
export function formatDownsampleRule({ aggregator, bucketMs, retentionMs }: DownsampleRule): string {
  return `${aggregator}:${formatDuration(bucketMs)}:${formatDuration(retentionMs)}`;
}

/**
 * Reads `avg:5m:90d`: aggregator, bucket, retention.
 *
 * @returns `undefined` for a text that is none, or whose retention is shorter than its bucket
 */
export function parseDownsampleRule(text: string): DownsampleRule | undefined {
  const [name = '', bucket = '', retention = '', ...others] = text.split(':');
  const aggregator = AGGREGATORS.find((known) => known === name);
  if (aggregator === undefined || others.length > 0) {
    return undefined;
  }
  try {
    const rule = { aggregator, bucketMs: parseDuration(bucket), retentionMs: parseDuration(retention) };
    return rule.bucketMs > 0 && rule.retentionMs >= rule.bucketMs ? rule : undefined;
  } catch {
    // Not a duration: the caller says what is allowed.
    return undefined;
  }
}
