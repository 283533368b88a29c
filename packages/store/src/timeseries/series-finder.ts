import type { LabelSet, Matcher, TargetId } from '@pulsekeeper/model';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { StoredTarget } from '../frame-reader.ts';
import { candidateTargets } from '../reader/candidate-targets.ts';
import type { SchemaCache } from '../reader/schema-cache.ts';
import { seriesLabels, SeriesMatch } from '../reader/series-match.ts';
import { SYNTHETIC_SERIES, syntheticLabels } from '../reader/synthetic-series.ts';
import { formatSeriesName } from './series-name.ts';

/** The wanted time series of a target, each once. */
export interface FoundSeries {
  readonly target: TargetId;
  readonly series: readonly { readonly key: string; readonly labels: LabelSet }[];
}

export interface SeriesFinderOptions {
  readonly keys: KeyLayout;
  readonly schemas: SchemaCache;
}

/**
 * Finds the keys of time series by any matchers, from the index of targets and lists of series. The module's own filters
 * know equality alone, and ask every key of a server; this asks for the keys that are wanted.
 */
export class SeriesFinder {
  readonly #options: SeriesFinderOptions;

  constructor(options: SeriesFinderOptions) {
    this.#options = options;
  }

  /** Target by target, in their order; those without a wanted series are left out. @throws StoreError, SyntaxError */
  async *find(matchers: readonly Matcher[], asked: Promise<readonly StoredTarget[]>): AsyncGenerator<FoundSeries> {
    const { keys, schemas } = this.#options;
    const match = new SeriesMatch(matchers);
    const targets = await candidateTargets(schemas, match, await asked);
    for (const { target, schemaIds } of targets) {
      const { id, labels } = target;
      const start = keys.series(id);
      const series = new Map<string, LabelSet>();
      for (const index of match.syntheticOf(labels)) {
        const name = SYNTHETIC_SERIES[index]?.metadata.name ?? '';
        series.set(start + name, syntheticLabels(name, labels));
      }
      for (const view of (await schemas.views(schemaIds)).values()) {
        for (const column of match.columnsOf(view, labels)) {
          const own = view.labelsAt(column);
          if (own === undefined) continue;
          series.set(start + formatSeriesName(own), seriesLabels(own, labels));
        }
      }
      if (series.size > 0) yield { target: id, series: [...series].map(([key, of]) => ({ key, labels: of })) };
    }
  }
}
