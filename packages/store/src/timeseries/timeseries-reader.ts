import type { Matcher, TargetId } from '@pulsekeeper/model';
import type { Aggregation, FrameReader, SelectOptions, SeriesResult, StoredTarget } from '../frame-reader.ts';
import { throwIfAborted } from '../reader/frame-scan.ts';
import type { SchemaCache } from '../reader/schema-cache.ts';
import type { KeyLayout } from '../redis/key-layout.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { SeriesFinder, type FoundSeries } from './series-finder.ts';
import { readSeriesRange } from './series-range.ts';
import { withMarkers } from './with-markers.ts';

/** Series asked for at once. */
const SERIES_AT_ONCE = 32;

export interface TimeseriesReaderOptions {
  readonly connection: RedisConnection;
  readonly keys: KeyLayout;
  readonly schemas: SchemaCache;
  /** Where the slots of targets are told. */
  readonly slots: Pick<FrameReader, 'slots'>;
}

/** Reads samples that are time series of their own. */
export class TimeseriesReader {
  readonly #options: TimeseriesReaderOptions;
  readonly #finder: SeriesFinder;

  constructor(options: TimeseriesReaderOptions) {
    this.#options = options;
    this.#finder = new SeriesFinder(options);
  }

  /**
   * As {@link FrameReader.select}; the time of a point is its slot.
   *
   * @param targets - all that the store knows
   * @throws StoreError
   */
  async *select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    options: SelectOptions,
    targets: Promise<readonly StoredTarget[]>,
  ): AsyncGenerator<SeriesResult> {
    for await (const found of this.#finder.find(matchers, targets)) {
      throwIfAborted(options.signal);
      yield* this.#readTarget(found, { fromMs, toMs }, options);
    }
  }

  async *#readTarget(
    { target, series }: FoundSeries,
    range: { readonly fromMs: number; readonly toMs: number },
    { aggregation, signal }: SelectOptions,
  ): AsyncGenerator<SeriesResult> {
    // Before the points, so that a slot that is told of has been written with all its samples.
    const slotsMs = aggregation === undefined ? await this.#slotsOf(target, range, signal) : undefined;
    for (let at = 0; at < series.length; at += SERIES_AT_ONCE) {
      throwIfAborted(signal);
      const some = series.slice(at, at + SERIES_AT_ONCE);
      const read = await Promise.all(some.map(({ key }) => this.#readSeries(key, range, aggregation)));
      for (const [index, points] of read.entries()) {
        const labels = some[index]?.labels;
        if (labels === undefined || points.values.length === 0) continue;
        yield { target, labels, ...(slotsMs === undefined ? points : withMarkers(points, slotsMs)) };
      }
    }
  }

  #readSeries(
    key: string,
    range: { readonly fromMs: number; readonly toMs: number },
    aggregation: Aggregation | undefined,
  ): ReturnType<typeof readSeriesRange> {
    return readSeriesRange(this.#options.connection, key, range, aggregation);
  }

  /** An end mark counts as a slot without series, unless it marks one that was scraped. */
  async #slotsOf(
    target: TargetId,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
    signal: AbortSignal | undefined,
  ): Promise<number[]> {
    const slotsMs: number[] = [];
    for await (const { kind, slotMs } of this.#options.slots.slots(target, fromMs, toMs, { signal })) {
      if (kind !== 'end' || (slotsMs.at(-1) ?? 0) < slotMs) slotsMs.push(slotMs);
    }
    return slotsMs;
  }
}
