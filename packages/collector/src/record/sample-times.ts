import { createSeriesSchema, type SeriesSchema } from '@pulsekeeper/model';
import type { FrameSamples } from '@pulsekeeper/store';

import { pick } from './pick.ts';

/** How far ahead of the scrape the timestamps of a body may be, as in Prometheus. */
export const MAX_AHEAD_MS = 600_000;

const NEWLINE = 0x0a;

/** Samples with times of their own. */
export type TimedSamples = Pick<FrameSamples, 'schema' | 'values' | 'timestampsMs' | 'changed'>;

/** Samples of which some were left out. */
export interface BoundedSamples {
  /** The others. */
  readonly samples: TimedSamples;
  /** The schema that they were taken from, and which of its series they are. */
  readonly from: SeriesSchema;
  readonly kept: Uint32Array;
}

/**
 * Leaves out the samples whose timestamps are later than the latest allowed: where they were stored, a store that keeps
 * series in the order of time would take nothing else for long. Returns undefined when there are none.
 *
 * @param previous - The last result of the target: its schema is used again while the same series are left out.
 */
export function withoutAhead(
  { schema, values, timestampsMs }: TimedSamples,
  latestMs: number,
  previous: BoundedSamples | undefined,
): BoundedSamples | undefined {
  if (timestampsMs === undefined || !isAnyLater(timestampsMs, latestMs)) return undefined;
  const indices = new Uint32Array(values.length);
  let count = 0;
  for (let at = 0; at < values.length; at += 1) if (!((timestampsMs[at] ?? NaN) > latestMs)) indices[count++] = at;
  const kept = indices.subarray(0, count);
  const isSame = previous?.from === schema && bytesOf(previous.kept).equals(bytesOf(kept));
  const samples: TimedSamples = {
    schema: isSame ? previous.samples.schema : schemaOf(schema, kept),
    values: pick(values, kept),
    timestampsMs: pick(timestampsMs, kept),
    changed: undefined,
  };
  return { samples, from: schema, kept };
}

function isAnyLater(timestampsMs: Float64Array, latestMs: number): boolean {
  // Samples without a timestamp are NaN here, which is not later.
  for (const timestampMs of timestampsMs) if (timestampMs > latestMs) return true;
  return false;
}

/** The schema of some series of another, ascending. Works on bytes, run by run: the list may be of a million keys. */
function schemaOf({ keys, metadata }: SeriesSchema, indices: Uint32Array): SeriesSchema {
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  const kept = Buffer.allocUnsafeSlow(bytes.length);
  let length = 0;
  let start = 0;
  let series = 0;
  const skip = (to: number): void => {
    for (; series < to; series += 1) start = bytes.indexOf(NEWLINE, start) + 1;
  };
  for (let at = 0; at < indices.length;) {
    skip(indices[at] ?? 0);
    const runStart = start;
    let last = indices[at++] ?? 0;
    while (at < indices.length && indices[at] === last + 1) last = indices[at++] ?? 0;
    skip(last + 1);
    length += bytes.copy(kept, length, runStart, start);
  }
  return createSeriesSchema(kept.subarray(0, length), metadata);
}

function bytesOf(indices: Uint32Array): Buffer {
  return Buffer.from(indices.buffer, indices.byteOffset, indices.byteLength);
}
