import type { MetricMetadata } from './exposition.ts';
import { isSameKeys, isSameMetadata } from './same-series.ts';
import type { Series } from './same-series.ts';

/**
 * Lets parsers share `keys` and `metadata` where their targets expose the same series: one copy for all instances of
 * a service instead of one each, and one object for a consumer to recognise them by.
 *
 * Holds nothing alive: a list of series is forgotten with the last parser that has it. Series are looked up by a hash
 * and compared byte by byte, so what is shared is equal for certain. Looking up costs one comparison of the keys.
 *
 * @example
 * const pool = new SeriesPool();
 * const parsers = targets.map(() => new ExpositionParser({ pool }));
 */
export class SeriesPool {
  readonly #entries = new Map<number, WeakRef<Series>[]>();
  readonly #gone = new FinalizationRegistry<number>((hash) => this.#sweep(hash));
  #size = 0;

  /** Lists of series in the pool, those that are garbage but not yet collected included. */
  get size(): number {
    return this.#size;
  }

  /**
   * The pooled equal of `keys` and `metadata`, added if there is none. For parsers.
   * @param keys a copy is kept, unless they are the caller's own to give
   * @param hash equal for equal keys
   */
  intern(keys: Uint8Array, metadata: readonly MetricMetadata[], hash: number, isOwn = false): Series {
    const entries = this.#entries.get(hash) ?? [];
    let known: Uint8Array | undefined;
    for (const entry of entries) {
      const series = entry.deref();
      if (series === undefined || !isSameKeys(series.keys, keys)) continue;
      if (isSameMetadata(series.metadata, metadata)) return series;
      known = series.keys;
    }
    const series: Series = { keys: known ?? (isOwn ? keys : keys.slice()), metadata };
    entries.push(new WeakRef(series));
    this.#entries.set(hash, entries);
    this.#gone.register(series, hash);
    this.#size++;
    return series;
  }

  #sweep(hash: number): void {
    const entries = this.#entries.get(hash) ?? [];
    const alive = entries.filter((entry) => entry.deref() !== undefined);
    this.#size -= entries.length - alive.length;
    if (alive.length === 0) this.#entries.delete(hash);
    else this.#entries.set(hash, alive);
  }
}
