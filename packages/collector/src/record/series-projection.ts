import type { Exposition } from '@pulsekeeper/exposition';
import type { LabelSet, Relabelling, SeriesSchema } from '@pulsekeeper/model';
import type { FrameSamples } from '@pulsekeeper/store';

import { ScrapeError } from '../scrape/scrape-error.ts';
import { pick } from './pick.ts';
import type { SeriesLimits } from './relabel-series.ts';
import { variantOf, type SchemaCache, type SeriesAnswer } from './schema-cache.ts';
import { MAX_AHEAD_MS, withoutAhead, type BoundedSamples, type TimedSamples } from './without-ahead.ts';

/** Settings of {@link SeriesProjection}. */
export interface SeriesProjectionOptions {
  /** Shared by all targets. */
  readonly schemas: SchemaCache;
  /** Labels of the target. They are not merged into the schema: the store keeps them once a target. */
  readonly targetLabels: LabelSet;
  /** Keep scraped labels that clash with those of the target. */
  readonly honorLabels: boolean;
  /** Keep the timestamps of the body. */
  readonly honorTimestamps: boolean;
  /** Steps for each series. @defaultValue none */
  readonly relabelling?: Relabelling | undefined;
  /** Checked after relabelling. */
  readonly limits?: SeriesLimits | undefined;
  /** Most time that relabelling the list of series may take. @defaultValue no bound */
  readonly relabelBudgetMs?: number | undefined;
}

/** What becomes of one scrape. */
export interface ProjectedSamples extends FrameSamples {
  /** Series that the previous scrape did not have. */
  readonly seriesAdded: number;
  /** Samples left out because relabelling had made their series equal to an earlier one. */
  readonly duplicates: number;
  /** Samples left out because their timestamps are too far ahead. */
  readonly outOfBounds: number;
}

/** The list of series of the latest scrape, and what is stored for it. */
interface Adopted {
  readonly keys: Uint8Array;
  readonly metadata: unknown;
  readonly answer: SeriesAnswer;
  /** For each scraped series its place among the stored ones, -1 for none; undefined when all are kept. */
  readonly places: Int32Array | undefined;
}

/**
 * Turns what was parsed into what is stored. Labels are looked at only when the list of series changed, which the
 * parser tells by handing out the same objects again; otherwise the values pass through untouched.
 *
 * Each scrape is first given to {@link SeriesProjection.prepare}, then to {@link SeriesProjection.project}.
 */
export class SeriesProjection {
  readonly #options: SeriesProjectionOptions;
  readonly #variant: string;
  #adopted: Adopted | undefined;
  /** The series of the latest scrape that was projected. */
  #projected: SeriesSchema | undefined;
  /** What was left of it, when samples were too far ahead. */
  #bounded: BoundedSamples | undefined;

  constructor(options: SeriesProjectionOptions) {
    this.#options = options;
    this.#variant = variantOf(options);
  }

  /**
   * Works out the list of series of a scrape, unless it is that of the scrape before. Returns why the scrape is no good,
   * or undefined; a promise, which never rejects, only where relabelling many series takes a while.
   */
  prepare(exposition: Exposition): ScrapeError | undefined | Promise<ScrapeError | undefined> {
    const { keys, metadata } = exposition;
    if (this.#adopted?.keys === keys && this.#adopted.metadata === metadata) return refusalIn(this.#adopted.answer);
    const { schemas, relabelBudgetMs: budgetMs } = this.#options;
    const answer = schemas.seriesOf(keys, metadata, { ...this.#options, budgetMs }, this.#variant);
    return answer instanceof Promise
      ? answer.then((later) => this.#adopt(exposition, later))
      : this.#adopt(exposition, answer);
  }

  /**
   * @param atMs - When the scrape was made, in Unix ms; timestamps of the body may be {@link MAX_AHEAD_MS} later.
   * @throws ScrapeError what `prepare` returned for this scrape.
   */
  project(exposition: Exposition, atMs: number): ProjectedSamples {
    const { answer, places } = this.#adoptedOf(exposition);
    if (answer instanceof ScrapeError) throw answer;
    const { schema, kept, duplicates } = answer;
    const timestampsMs = this.#options.honorTimestamps ? exposition.timestampsMs : undefined;
    const samples: TimedSamples = {
      schema,
      values: kept === undefined ? exposition.values : pick(exposition.values, kept),
      timestampsMs: kept === undefined || timestampsMs === undefined ? timestampsMs : pick(timestampsMs, kept),
      changed: places === undefined ? exposition.changed : moved(exposition.changed, places),
    };
    this.#bounded = withoutAhead(samples, atMs + MAX_AHEAD_MS, this.#bounded);
    const stored = this.#bounded?.samples ?? samples;
    const previous = this.#projected;
    this.#projected = stored.schema;
    return {
      ...stored,
      seriesAdded: stored.schema === previous ? 0 : countAdded(previous, stored.schema),
      duplicates,
      outOfBounds: samples.values.length - stored.values.length,
    };
  }

  #adoptedOf({ keys, metadata }: Exposition): Adopted {
    const adopted = this.#adopted;
    if (adopted?.keys !== keys || adopted.metadata !== metadata) throw new TypeError('the scrape was not prepared');
    return adopted;
  }

  #adopt({ keys, metadata, size }: Exposition, answer: SeriesAnswer): ScrapeError | undefined {
    const kept = answer instanceof ScrapeError ? undefined : answer.kept;
    this.#adopted = { keys, metadata, answer, places: kept === undefined ? undefined : placesOf(kept, size) };
    return refusalIn(answer);
  }
}

function refusalIn(answer: SeriesAnswer): ScrapeError | undefined {
  return answer instanceof ScrapeError ? answer : undefined;
}

function placesOf(kept: Uint32Array, size: number): Int32Array {
  const places = new Int32Array(size).fill(-1);
  for (let at = 0; at < kept.length; at += 1) places[kept[at] ?? 0] = at;
  return places;
}

/** The places of those that are stored; ascending as the indices are, since relabelling keeps the order. */
function moved(indices: Uint32Array | undefined, places: Int32Array): Uint32Array | undefined {
  if (indices === undefined) return undefined;
  const stored = new Uint32Array(indices.length);
  let count = 0;
  for (const index of indices) {
    const place = places[index] ?? -1;
    if (place >= 0) stored[count++] = place;
  }
  return stored.subarray(0, count);
}

/** Series of `next` that `previous` does not have. Only run when the list changed. */
function countAdded(previous: SeriesSchema | undefined, next: SeriesSchema): number {
  if (previous === undefined) return next.size;
  if (Buffer.compare(previous.keys, next.keys) === 0) return 0;
  const known = new Set(keysOf(previous));
  let added = 0;
  for (const key of keysOf(next)) if (!known.has(key)) added += 1;
  return added;
}

function keysOf(schema: SeriesSchema): string[] {
  return Buffer.from(schema.keys.buffer, schema.keys.byteOffset, schema.keys.byteLength)
    .toString('utf8')
    .split('\n', schema.size);
}
