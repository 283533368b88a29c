import { deferred, type Clock } from '@pulsekeeper/model';

import type { NameLookup } from './name-lookup.ts';

/** Settings of {@link NameCache}. */
export interface NameCacheOptions {
  readonly lookup: NameLookup;
  readonly clock: Clock;
  /** Least time an answer is used. @defaultValue 5_000 */
  readonly minTtlMs?: number | undefined;
  /** Most time an answer is used. @defaultValue 300_000 */
  readonly maxTtlMs?: number | undefined;
  /** How long a failure is remembered before the name is asked for again. @defaultValue 5_000 */
  readonly failureTtlMs?: number | undefined;
  /** How long after its end an answer is still used when no new one can be had. @defaultValue 3_600_000 */
  readonly staleMs?: number | undefined;
  /** How long a new answer is waited for while there is an old one. @defaultValue 500 */
  readonly patienceMs?: number | undefined;
  /** Most names kept; beyond it those longest known are forgotten. @defaultValue 10_000 */
  readonly maxNames?: number | undefined;
}

interface Entry {
  addresses: readonly string[] | undefined;
  freshUntilMs: number;
  staleUntilMs: number;
  failure: unknown;
  failedUntilMs: number;
  pending: Promise<readonly string[]> | undefined;
}

/**
 * Remembers what names resolve to. Questions for one name while it is being asked for share one answer; a name server
 * that fails leaves the last answer in use for a while.
 */
export class NameCache {
  readonly #lookup: NameLookup;
  readonly #clock: Clock;
  readonly #minTtlMs: number;
  readonly #maxTtlMs: number;
  readonly #failureTtlMs: number;
  readonly #staleMs: number;
  readonly #patienceMs: number;
  readonly #maxNames: number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: NameCacheOptions) {
    this.#lookup = options.lookup;
    this.#clock = options.clock;
    this.#minTtlMs = options.minTtlMs ?? 5_000;
    this.#maxTtlMs = options.maxTtlMs ?? 300_000;
    this.#failureTtlMs = options.failureTtlMs ?? 5_000;
    this.#staleMs = options.staleMs ?? 3_600_000;
    this.#patienceMs = options.patienceMs ?? 500;
    this.#maxNames = options.maxNames ?? 10_000;
  }

  /** The name's addresses, never empty. Rejects with the error of the lookup when there is not even an old answer. */
  async resolve(host: string): Promise<readonly string[]> {
    const entry = this.#entryOf(host);
    const nowMs = this.#clock.monotonic();
    if (entry.addresses !== undefined && nowMs < entry.freshUntilMs) return entry.addresses;
    if (nowMs < entry.failedUntilMs) return staleOrThrow(entry, entry.failure, nowMs);
    entry.pending ??= this.#ask(host, entry);
    return entry.addresses !== undefined && nowMs < entry.staleUntilMs
      ? this.#withinPatience(entry.pending, entry.addresses)
      : entry.pending;
  }

  /** The new answer, or the old one when that takes long: a slow name server must not cost a slot. */
  async #withinPatience(pending: Promise<readonly string[]>, stale: readonly string[]): Promise<readonly string[]> {
    const { promise: patience, resolve } = deferred<readonly string[]>();
    const timer = setTimeout(() => resolve(stale), this.#patienceMs);
    try {
      return await Promise.race([pending, patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(host: string, entry: Entry): Promise<readonly string[]> {
    try {
      const { addresses, ttlSeconds } = await this.#lookup(host);
      const ttlMs = Math.min(Math.max(ttlSeconds * 1000, this.#minTtlMs), this.#maxTtlMs);
      const nowMs = this.#clock.monotonic();
      entry.addresses = addresses;
      entry.freshUntilMs = nowMs + ttlMs;
      entry.staleUntilMs = nowMs + ttlMs + this.#staleMs;
      entry.failedUntilMs = -Infinity;
      return addresses;
    } catch (error) {
      const nowMs = this.#clock.monotonic();
      entry.failure = error;
      entry.failedUntilMs = nowMs + this.#failureTtlMs;
      return staleOrThrow(entry, error, nowMs);
    } finally {
      entry.pending = undefined;
    }
  }

  #entryOf(host: string): Entry {
    const known = this.#entries.get(host);
    if (known !== undefined) return known;
    if (this.#entries.size >= this.#maxNames) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    const entry: Entry = {
      addresses: undefined,
      freshUntilMs: -Infinity,
      staleUntilMs: -Infinity,
      failure: undefined,
      failedUntilMs: -Infinity,
      pending: undefined,
    };
    this.#entries.set(host, entry);
    return entry;
  }
}

function staleOrThrow(entry: Entry, failure: unknown, nowMs: number): readonly string[] {
  if (entry.addresses !== undefined && nowMs < entry.staleUntilMs) return entry.addresses;
  throw failure;
}
