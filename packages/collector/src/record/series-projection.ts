import { countNewKeys, type Exposition } from '@pulsekeeper/exposition';
import type { LabelSet, Relabelling, SeriesSchema } from '@pulsekeeper/model';
import type { FrameSamples } from '@pulsekeeper/store';

import { ScrapeError } from '../scrape/scrape-error.ts';
import { pick } from './pick.ts';
import type { SeriesLimits } from './relabel-series.ts';
import { runInSlices, UNBOUNDED } from './run-in-slices.ts';
import { variantOf, type SchemaCache, type SeriesAnswer } from './schema-cache.ts';
import { SampleTimes, type TakenSamples } from './sample-times.ts';

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
  /** Samples left out for their timestamps: too far ahead or behind, older than the one before, and of its time with another value. */
  readonly outOfBounds: number;
  readonly outOfOrder: number;
  readonly duplicateTimestamps: number;
}

/** The list of series of the latest scrape, and what is stored for it. */
interface Adopted {
  readonly keys: Uint8Array;
  readonly metadata: unknown;
  readonly answer: SeriesAnswer;
  /** For each scraped series its place among the stored ones, -1 for none; undefined when all are kept. */
  readonly places: Int32Array | undefined;
  /** Stored series that the scrape before did not have. */
  readonly added: number;
}

/** What was stored of the latest scrape. */
interface Projected {
  readonly schema: SeriesSchema;
  /** Which of its series were, when samples were out of bounds; undefined for all. */
  readonly kept: Uint32Array | undefined;
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
  #projected: Projected | undefined;
  readonly #times = new SampleTimes();
  /** What `prepare` has made of the scrape. */
  #prepared: { readonly exposition: Exposition; readonly samples: ProjectedSamples } | undefined;

  constructor(options: SeriesProjectionOptions) {
    this.#options = options;
    this.#variant = variantOf(options);
  }

  /**
   * Works out what is stored of a scrape. Returns why the scrape is no good, or undefined; a promise, which never rejects, only
   * where many series take a while.
   *
   * @param atMs - When the scrape was made, in Unix ms; the bounds of timestamps of the body lie around it.
   */
  prepare(exposition: Exposition, atMs: number): ScrapeError | undefined | Promise<ScrapeError | undefined> {
    this.#prepared = undefined;
    const { keys, metadata } = exposition;
    if (this.#adopted?.keys === keys && this.#adopted.metadata === metadata) {
      return this.#take(exposition, this.#adopted, atMs);
    }
    const { schemas, relabelBudgetMs: budgetMs } = this.#options;
    const answer = schemas.seriesOf(keys, metadata, { ...this.#options, budgetMs }, this.#variant);
    const adopted =
      answer instanceof Promise
        ? answer.then((later) => this.#adopt(exposition, later))
        : this.#adopt(exposition, answer);
    return adopted instanceof Promise
      ? adopted.then((later) => this.#take(exposition, later, atMs))
      : this.#take(exposition, adopted, atMs);
  }

  /**
   * What was prepared of the scrape, once.
   *
   * @throws TypeError for a scrape that was not prepared, or is no good.
   */
  project(exposition: Exposition): ProjectedSamples {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared?.exposition !== exposition) throw new TypeError('the scrape was not prepared');
    return prepared.samples;
  }

  /** Leaves out what may not stand as it is. */
  #take(
    exposition: Exposition,
    { answer, places, added }: Adopted,
    atMs: number,
  ): ScrapeError | undefined | Promise<ScrapeError | undefined> {
    if (answer instanceof ScrapeError) return answer;
    const { schema, kept } = answer;
    const samples: FrameSamples = {
      schema,
      values: kept === undefined ? exposition.values : pick(exposition.values, kept),
      changed: places === undefined ? exposition.changed : moved(exposition.changed, places),
    };
    const finish = (taken: TakenSamples): ScrapeError | undefined => {
      const previous = this.#projected;
      const projected: Projected = { schema, kept: taken.kept };
      this.#projected = projected;
      // Spelt out, so that all have one shape, which V8 does not give to what is spread.
      this.#prepared = {
        exposition,
        samples: {
          schema: taken.samples.schema,
          values: taken.samples.values,
          timestampsMs: taken.samples.timestampsMs,
          changed: taken.samples.changed,
          seriesAdded: countAdded(previous, projected, added),
          duplicates: answer.duplicates,
          outOfBounds: taken.outOfBounds,
          outOfOrder: taken.outOfOrder,
          duplicateTimestamps: taken.duplicateTimestamps,
        },
      };
      return undefined;
    };
    const { timestampsMs } = exposition;
    if (timestampsMs === undefined || !this.#options.honorTimestamps) {
      return finish({ samples, kept: undefined, outOfBounds: 0, outOfOrder: 0, duplicateTimestamps: 0 });
    }
    const ownTimesMs = kept === undefined ? timestampsMs : pick(timestampsMs, kept);
    const taken = runInSlices(this.#times.take({ ...samples, timestampsMs: ownTimesMs }, atMs), UNBOUNDED);
    return taken instanceof Promise ? taken.then(finish) : finish(taken);
  }

  #adopt(exposition: Exposition, answer: SeriesAnswer): Adopted | Promise<Adopted> {
    const added = this.#countAdded(answer);
    const { keys, metadata, size } = exposition;
    const finish = (count: number): Adopted => {
      const kept = answer instanceof ScrapeError ? undefined : answer.kept;
      const places = kept === undefined ? undefined : placesOf(kept, size);
      const adopted: Adopted = { keys, metadata, answer, places, added: count };
      this.#adopted = adopted;
      return adopted;
    };
    return added instanceof Promise ? added.then(finish) : finish(added);
  }

  #countAdded(answer: SeriesAnswer): number | Promise<number> {
    if (answer instanceof ScrapeError) return 0;
    const { schema } = answer;
    const previous = this.#projected?.schema;
    if (previous === undefined) return schema.size;
    return previous === schema ? 0 : runInSlices(countNewKeys(previous.keys, schema.keys), UNBOUNDED);
  }
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

/** @param added - Series of the whole list that the whole list before did not have. */
function countAdded(previous: Projected | undefined, { schema, kept }: Projected, added: number): number {
  if (previous === undefined) return kept?.length ?? schema.size;
  if (previous.schema !== schema) return added;
  const { kept: before } = previous;
  if (before === undefined) return 0;
  // Of the same list, those that were left out before and are not now.
  if (kept === undefined) return schema.size - before.length;
  const wasKept = new Uint8Array(schema.size);
  for (const index of before) wasKept[index] = 1;
  let again = 0;
  for (const index of kept) again += 1 - (wasKept[index] ?? 0);
  return again;
}
