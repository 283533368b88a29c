import { formatDownsampleRule, type DownsampleRule, type LabelSet } from '@pulsekeeper/model';
import type { RedisArgument, RedisConnection } from '../redis/redis-connection.ts';
import { classOfError, storeErrorOf } from '../redis/reply-error.ts';
import { lifetimes } from '../writer/append-batch.ts';
import { CallWindow } from './call-window.ts';
import { ENSURE_SERIES_SCRIPT, RENEW_SCRIPT } from './series-scripts.ts';
import { labelArguments } from './series-name.ts';

/** Series that are created at once: each takes Redis some 20 µs. */
const MOST_CALLS = 64;
/** Keys that one call renews: 0.2 ms of Redis' time. */
const KEYS_PER_RENEWAL = 256;

/** What the series of a target have in common. */
export interface SeriesTarget {
  readonly labels: LabelSet;
  readonly retentionMs: number;
  /** Absent: the rules that series have stay. */
  readonly downsample: readonly DownsampleRule[] | undefined;
}

/** A series that is to be there, with its labels. */
export interface WantedSeries {
  readonly key: string;
  readonly labels: LabelSet;
}

/** Creates time series, brings them up to date and keeps them from expiring. */
export class SeriesKeeper {
  readonly #connection: RedisConnection;
  readonly #chunkBytes: number;

  constructor(connection: RedisConnection, chunkBytes: number) {
    this.#connection = connection;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Makes sure of series. With `update` those that are there get the retention, labels and rules of the target.
   *
   * @param onRefused - told of each that Redis refuses for itself, such as a key of another type
   * @returns how many were created
   * @throws StoreError when Redis does not serve
   */
  async ensure(
    mode: 'create' | 'update',
    target: SeriesTarget,
    series: Iterable<WantedSeries>,
    onRefused: (key: string, message: string) => void,
  ): Promise<number> {
    const window = new CallWindow(MOST_CALLS);
    let created = 0;
    for (const one of series) {
      await window.begin(async () => {
        const reply = await this.#connection.run(
          ENSURE_SERIES_SCRIPT,
          [one.key, ...(target.downsample ?? []).map((rule) => destinationKey(one.key, rule))],
          this.#arguments(mode, target, one.labels),
        );
        if (reply === 1) created++;
        else if (reply !== 0) refuse(one.key, String(reply), onRefused);
      });
    }
    await window.end();
    return created;
  }

  /**
   * Lets keys of series, and of their compactions, live on.
   *
   * @returns the keys of series that are not there, or lack a compaction
   * @throws StoreError
   */
  async renew({ retentionMs, downsample }: SeriesTarget, keys: readonly string[]): Promise<Set<string>> {
    const calls: Promise<void>[] = [];
    const missing = new Set<string>();
    const renew = async (some: readonly string[], renewed: readonly string[], ageMs: number): Promise<void> => {
      const places = await this.#connection.run(RENEW_SCRIPT, renewed, [lifetimes(ageMs).timeToLiveMs]);
      for (const place of Array.isArray(places) ? (places as unknown[]) : []) {
        missing.add(some[Number(place) - 1] ?? '');
      }
    };
    for (let at = 0; at < keys.length; at += KEYS_PER_RENEWAL) {
      const some = keys.slice(at, at + KEYS_PER_RENEWAL);
      calls.push(renew(some, some, retentionMs));
      for (const rule of downsample ?? []) {
        calls.push(
          renew(
            some,
            some.map((key) => destinationKey(key, rule)),
            rule.retentionMs,
          ),
        );
      }
    }
    await Promise.all(calls);
    return missing;
  }

  #arguments(mode: 'create' | 'update', { retentionMs, downsample }: SeriesTarget, labels: LabelSet): RedisArgument[] {
    const named = labelArguments(labels);
    return [
      mode === 'update' && downsample === undefined ? 'alter' : mode,
      Math.ceil(retentionMs),
      lifetimes(retentionMs).timeToLiveMs,
      this.#chunkBytes,
      named.length,
      ...named,
      ...(downsample ?? []).flatMap((rule) => [
        rule.aggregator,
        rule.bucketMs,
        rule.retentionMs,
        lifetimes(rule.retentionMs).timeToLiveMs,
      ]),
    ];
  }
}

/** An error within a script that concerns this series alone is told; one that concerns the server is thrown. */
function refuse(key: string, message: string, onRefused: (key: string, message: string) => void): void {
  const error = storeErrorOf(new Error(message), 'TS.CREATE');
  // Permissions are the server's to give: the frames wait until they are there, as without them they would be empty.
  if (error.retryable || isOfPermissions(message)) throw error;
  onRefused(key, message);
}

function isOfPermissions(message: string): boolean {
  const kind = classOfError(new Error(message));
  return kind === 'NOPERM' || kind === 'NOAUTH';
}

/**
 * Where a rule puts the compaction of a series: beside it, under the same hash tag. No series has an equals sign at this
 * place of its key, whatever its metric's name.
 */
export function destinationKey(key: string, rule: DownsampleRule): string {
  return `${key}=${formatDownsampleRule(rule)}`;
}
