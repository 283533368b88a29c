import { locateKeys } from '@pulsekeeper/exposition';
import { createSeriesSchema, type SeriesSchema } from '@pulsekeeper/model';
import type { FrameSamples } from '@pulsekeeper/store';

import { pick } from './pick.ts';

/** How far ahead of the scrape the timestamps of a body may be, as in Prometheus. */
export const MAX_AHEAD_MS = 600_000;

/** How far behind, as in Prometheus with its usual blocks of two hours: half of one. */
export const MAX_BEHIND_MS = 3_600_000;

/** Samples, and series, that are looked at in one step: well below a millisecond. */
const SAMPLES_A_STEP = 16_384;
const KEYS_A_STEP = 4096;

const NEWLINE = 0x0a;

/** Samples of which some have times of their own. */
export interface TimedSamples extends FrameSamples {
  readonly timestampsMs: Float64Array;
}

/** What is left of the samples of a scrape. */
export interface TakenSamples {
  readonly samples: FrameSamples;
  /** Which series of the list they are of; undefined for all. */
  readonly kept: Uint32Array | undefined;
  /** Left out: more than {@link MAX_AHEAD_MS} ahead, or more than {@link MAX_BEHIND_MS} behind. */
  readonly outOfBounds: number;
  /** Older than the one before; the series stays as it was. */
  readonly outOfOrder: number;
  /** Of the time of the one before, with another value; the series stays as it was. */
  readonly duplicateTimestamps: number;
}

/** The newest sample with a time of its own of each series of a list; NaN where there is none. */
interface Newest {
  readonly schema: SeriesSchema;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** A list of series without some. */
interface Bounded {
  readonly from: SeriesSchema;
  readonly kept: Uint32Array;
  readonly schema: SeriesSchema;
}

/**
 * Decides which samples with times of their own are taken, as Prometheus does: a series only ever advances. A sample that is not newer
 * than the one before gives way to that, so that readers see it once and the list of series stays the same. Samples whose time is out
 * of bounds are left out with their series, for a store that keeps series in the order of time would take nothing else for long.
 *
 * One for each target; remembers 16 bytes a series once there are such samples.
 */
export class SampleTimes {
  #newest: Newest | undefined;
  #bounded: Bounded | undefined;

  /** A step of the generator is some thousand samples. Linear. */
  *take(samples: TimedSamples, atMs: number): Generator<undefined, TakenSamples> {
    const newest = yield* this.#newestOf(samples.schema);
    const sieve = new Sieve(samples, newest, atMs);
    for (let from = 0; from < samples.values.length; from += SAMPLES_A_STEP) {
      if (from > 0) yield;
      sieve.look(from, Math.min(from + SAMPLES_A_STEP, samples.values.length));
    }
    this.#newest = newest;
    const { kept, outOfBounds, outOfOrder, duplicateTimestamps } = sieve;
    const counts = { outOfBounds, outOfOrder, duplicateTimestamps };
    const { schema, values, timestampsMs } = sieve.samples;
    if (kept === undefined) return { samples: sieve.samples, kept, ...counts };
    const bounded = yield* this.#boundedTo(schema, kept);
    this.#bounded = bounded;
    const left = { schema: bounded.schema, values: pick(values, kept), timestampsMs: pick(timestampsMs, kept) };
    return { samples: left, kept: bounded.kept, ...counts };
  }

  *#newestOf(schema: SeriesSchema): Generator<undefined, Newest> {
    const before = this.#newest;
    if (before?.schema === schema) return before;
    const { size } = schema;
    const timesMs = new Float64Array(size).fill(NaN);
    const values = new Float64Array(size);
    if (before === undefined) return { schema, timesMs, values };
    const places = yield* locateKeys(before.schema.keys, schema.keys, size);
    for (let at = 0; at < size; at += 1) {
      const place = places[at] ?? -1;
      if (place < 0) continue;
      timesMs[at] = before.timesMs[place] ?? NaN;
      values[at] = before.values[place] ?? NaN;
    }
    return { schema, timesMs, values };
  }

  *#boundedTo(schema: SeriesSchema, kept: Uint32Array): Generator<undefined, Bounded> {
    const before = this.#bounded;
    if (before?.from === schema && bytesOf(before.kept).equals(bytesOf(kept))) return before;
    return { from: schema, kept, schema: yield* schemaOf(schema, kept) };
  }
}

/** Goes through the samples of a scrape. */
class Sieve {
  readonly #newest: Newest;
  readonly #atMs: number;
  #samples: TimedSamples;
  #isCopy = false;
  #indices: Uint32Array | undefined;
  #keptCount = 0;
  outOfBounds = 0;
  outOfOrder = 0;
  duplicateTimestamps = 0;

  constructor(samples: TimedSamples, newest: Newest, atMs: number) {
    this.#samples = samples;
    this.#newest = newest;
    this.#atMs = atMs;
  }

  /** With what stands in for samples that are not newer; those out of bounds are still there. */
  get samples(): TimedSamples {
    return this.#samples;
  }

  get kept(): Uint32Array | undefined {
    return this.#indices?.subarray(0, this.#keptCount);
  }

  look(from: number, to: number): void {
    const { timesMs, values } = this.#newest;
    const latestMs = this.#atMs + MAX_AHEAD_MS;
    const earliestMs = this.#atMs - MAX_BEHIND_MS;
    for (let at = from; at < to; at += 1) {
      const timeMs = this.#samples.timestampsMs[at] ?? NaN;
      // Those without one are NaN, which is neither later nor earlier than anything.
      if (timeMs > latestMs || timeMs < earliestMs) {
        this.#leaveOut(at);
        continue;
      }
      if (this.#indices !== undefined) this.#indices[this.#keptCount++] = at;
      if (Number.isNaN(timeMs)) continue;
      const value = this.#samples.values[at] ?? NaN;
      const beforeMs = timesMs[at] ?? NaN;
      if (timeMs <= beforeMs) {
        if (timeMs < beforeMs) this.outOfOrder += 1;
        else if (Object.is(value, values[at])) continue;
        else this.duplicateTimestamps += 1;
        this.#restore(at);
      } else {
        timesMs[at] = timeMs;
        values[at] = value;
      }
    }
  }

  #leaveOut(at: number): void {
    this.outOfBounds += 1;
    if (this.#indices !== undefined) return;
    const indices = new Uint32Array(this.#samples.values.length);
    for (let before = 0; before < at; before += 1) indices[before] = before;
    this.#indices = indices;
    this.#keptCount = at;
  }

  /** Puts the sample before in the place of one; the arrays are the parser's, and stay as they are. */
  #restore(at: number): void {
    if (!this.#isCopy) {
      const { schema, values, timestampsMs } = this.#samples;
      this.#samples = { schema, values: values.slice(), timestampsMs: timestampsMs.slice() };
      this.#isCopy = true;
    }
    this.#samples.values[at] = this.#newest.values[at] ?? NaN;
    this.#samples.timestampsMs[at] = this.#newest.timesMs[at] ?? NaN;
  }
}

/** The schema of some series of another, ascending. Works on bytes, run by run: the list may be of a million keys. */
function* schemaOf({ keys, size, metadata }: SeriesSchema, indices: Uint32Array): Generator<undefined, SeriesSchema> {
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  const kept = Buffer.allocUnsafeSlow(bytes.length);
  let length = 0;
  let start = 0;
  let runStart = 0;
  let at = 0;
  for (let series = 0; series < size; series += 1) {
    if (series % KEYS_A_STEP === KEYS_A_STEP - 1) yield;
    const end = bytes.indexOf(NEWLINE, start) + 1;
    if (indices[at] === series) at += 1;
    else {
      length += bytes.copy(kept, length, runStart, start);
      runStart = end;
    }
    start = end;
  }
  length += bytes.copy(kept, length, runStart, start);
  return createSeriesSchema(kept.subarray(0, length), metadata);
}

function bytesOf(indices: Uint32Array): Buffer {
  return Buffer.from(indices.buffer, indices.byteOffset, indices.byteLength);
}
