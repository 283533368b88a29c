import type { Exposition } from '@pulsekeeper/exposition';
import type { LabelSet, SeriesSchema } from '@pulsekeeper/model';
import type { FrameSamples } from '@pulsekeeper/store';

import type { SchemaCache, StoredSeries } from './schema-cache.ts';

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
}

/** What becomes of one scrape. */
export interface ProjectedSamples extends FrameSamples {
  /** Series that the previous scrape did not have. */
  readonly seriesAdded: number;
}

/**
 * Turns what was parsed into what is stored. Labels are looked at only when the list of series changed, which the
 * parser tells by handing out the same objects again; otherwise the values pass through untouched.
 */
export class SeriesProjection {
  readonly #options: SeriesProjectionOptions;
  #keys: Uint8Array | undefined;
  #metadata: unknown;
  #series: StoredSeries | undefined;

  constructor(options: SeriesProjectionOptions) {
    this.#options = options;
  }

  project(exposition: Exposition): ProjectedSamples {
    const previous = this.#series;
    const isKnown = exposition.keys === this.#keys && exposition.metadata === this.#metadata;
    const series = isKnown && previous !== undefined ? previous : this.#adopt(exposition);
    const { schema, kept } = series;
    const timestampsMs = this.#options.honorTimestamps ? exposition.timestampsMs : undefined;
    return {
      schema,
      values: kept === undefined ? exposition.values : pick(exposition.values, kept),
      timestampsMs: kept === undefined || timestampsMs === undefined ? timestampsMs : pick(timestampsMs, kept),
      changed: kept === undefined ? exposition.changed : undefined,
      seriesAdded: schema === previous?.schema ? 0 : countAdded(previous?.schema, schema),
    };
  }

  #adopt({ keys, metadata }: Exposition): StoredSeries {
    const { schemas, targetLabels, honorLabels } = this.#options;
    this.#keys = keys;
    this.#metadata = metadata;
    this.#series = schemas.seriesOf(keys, metadata, targetLabels, honorLabels);
    return this.#series;
  }
}

function pick(values: Float64Array, indices: Uint32Array): Float64Array {
  const picked = new Float64Array(indices.length);
  for (let at = 0; at < indices.length; at += 1) picked[at] = values[indices[at] ?? 0] ?? NaN;
  return picked;
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
