import type { MetricMetadata } from '@pulsekeeper/exposition';
import { createSeriesSchema, parseSeriesKey, type LabelSet, type SeriesSchema } from '@pulsekeeper/model';

import { resolveConflicts } from './conflicting-labels.ts';

/** A list of series as it is stored. */
export interface StoredSeries {
  readonly schema: SeriesSchema;
  /** Indices of the scraped series that are kept, ascending; undefined when all are. */
  readonly kept: Uint32Array | undefined;
}

interface Entry {
  readonly metadata: readonly MetricMetadata[];
  readonly series: StoredSeries;
}

/**
 * The schemas of the lists of series that targets expose. Instances that expose the same list share one schema: the
 * parsers hand out the same `keys` object for it, and an entry lives as long as that does.
 */
export class SchemaCache {
  readonly #byKeys = new WeakMap<Uint8Array, Map<string, Entry>>();

  /**
   * The schema of what a target exposes. O(1) when it is known; linear in the bytes of the keys otherwise.
   *
   * @param honorLabels - Keep scraped labels that clash with those of the target rather than rename them.
   */
  seriesOf(
    keys: Uint8Array,
    metadata: readonly MetricMetadata[],
    targetLabels: LabelSet,
    honorLabels: boolean,
  ): StoredSeries {
    let variants = this.#byKeys.get(keys);
    if (variants === undefined) {
      variants = new Map();
      this.#byKeys.set(keys, variants);
    }
    // Only the names of the target's labels decide about clashes, and all instances of a service have the same.
    const variant = honorLabels ? '' : Object.keys(targetLabels).join('\n');
    const known = variants.get(variant);
    if (known?.metadata === metadata) return known.series;
    const series = honorLabels
      ? { schema: createSeriesSchema(keys, metadata), kept: undefined }
      : withoutConflicts(keys, metadata, targetLabels);
    variants.set(variant, { metadata, series });
    return series;
  }
}

function withoutConflicts(keys: Uint8Array, metadata: readonly MetricMetadata[], targetLabels: LabelSet): StoredSeries {
  const scraped = createSeriesSchema(keys, metadata);
  const keyAt = (index: number): string => scraped.keyAt(index);
  const resolved = resolveConflicts(keys, keyAt, scraped.size, parseSeriesKey, targetLabels);
  if (resolved.keys === keys) return { schema: scraped, kept: undefined };
  return { schema: createSeriesSchema(resolved.keys, metadata), kept: resolved.kept };
}
