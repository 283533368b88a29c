import type { Clock, LabelSet, Matcher, TargetId } from '@pulsekeeper/model';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { SchemaCache } from '../reader/schema-cache.ts';
import { seriesLabels, SeriesMatch } from '../reader/series-match.ts';
import { SYNTHETIC_SERIES, syntheticLabels } from '../reader/synthetic-series.ts';
import { readTargets } from '../reader/target-index.ts';
import { formatSeriesName } from './series-name.ts';

/** The wanted time series of a target, each once. */
export interface FoundSeries {
  readonly target: TargetId;
  readonly series: readonly { readonly key: string; readonly labels: LabelSet }[];
}

/**
 * Finds the keys of time series by any matchers, from the index of targets and lists of series. The module's own filters
 * know equality alone, and ask every key of a server; this asks for the keys that are wanted.
 */
export class SeriesFinder {
  readonly #options: { readonly connection: RedisConnection; readonly keys: KeyLayout; readonly clock: Clock };
  readonly #cache: SchemaCache;

  constructor(options: { readonly connection: RedisConnection; readonly keys: KeyLayout; readonly clock: Clock }) {
    this.#options = options;
    this.#cache = new SchemaCache(options.connection, options.keys);
  }

  /** In the order of targets; those without a wanted series are left out. @throws StoreError, SyntaxError */
  async find(matchers: readonly Matcher[]): Promise<FoundSeries[]> {
    const { connection, keys, clock } = this.#options;
    const match = new SeriesMatch(matchers);
    const targets = await readTargets(connection, keys, clock);
    const ids = new Set(targets.flatMap(({ schemaIds }) => schemaIds));
    const summaries = await this.#cache.summaries(ids);
    const views = await this.#cache.views(
      [...ids].filter((id) => {
        const summary = summaries.get(id);
        return summary === undefined || match.mayMatch(summary);
      }),
    );
    const found: FoundSeries[] = [];
    for (const { id, labels, schemaIds } of targets) {
      const start = keys.series(id);
      const series = new Map<string, LabelSet>();
      for (const index of match.syntheticOf(labels)) {
        const name = SYNTHETIC_SERIES[index]?.metadata.name ?? '';
        series.set(start + name, syntheticLabels(name, labels));
      }
      for (const schemaId of schemaIds) {
        const view = views.get(schemaId);
        if (view === undefined) continue;
        for (const column of match.columnsOf(view, labels)) {
          const own = view.labelsAt(column);
          series.set(start + formatSeriesName(own), seriesLabels(own, labels));
        }
      }
      if (series.size > 0) found.push({ target: id, series: [...series].map(([key, of]) => ({ key, labels: of })) });
    }
    return found;
  }
}
