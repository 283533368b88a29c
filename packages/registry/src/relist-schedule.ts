/** Options of a {@link RelistSchedule}. */
export interface RelistScheduleOptions {
  /** Least time between two reads of the same key, in ms. The first event after a quiet time is served at once. */
  readonly coalesceMs: number;
  /** Most reads per second over all keys that events may cause; a second's worth may come as one burst. */
  readonly maxPerSecond: number;
}

/**
 * Decides which keys are read again and when: at once after a quiet time, then at most once per `coalesceMs` and key,
 * and at most `maxPerSecond` over all keys. Holds no timer; time is passed in (monotonic ms).
 *
 * Memory: one entry per key that waits or was read within the last `coalesceMs`. `take` and `nextDueMs` are linear in
 * the keys that wait.
 */
export class RelistSchedule {
  readonly #coalesceMs: number;
  readonly #maxPerSecond: number;
  readonly #urgent = new Set<string>();
  readonly #dueMs = new Map<string, number>();
  readonly #lastReadMs = new Map<string, number>();
  #tokens: number;
  #tokensAtMs: number | undefined;

  constructor({ coalesceMs, maxPerSecond }: RelistScheduleOptions) {
    if (!(coalesceMs >= 0)) throw new RangeError(`coalesceMs ${coalesceMs} must be 0 or more`);
    if (!(maxPerSecond >= 1)) throw new RangeError(`maxPerSecond ${maxPerSecond} must be 1 or more`);
    this.#coalesceMs = coalesceMs;
    this.#maxPerSecond = maxPerSecond;
    this.#tokens = maxPerSecond;
  }

  /** How many keys wait. */
  get size(): number {
    return this.#urgent.size + this.#dueMs.size;
  }

  /** How many reads of the recent past are remembered, to space the next ones. */
  get rememberedReads(): number {
    return this.#lastReadMs.size;
  }

  /** An event says that a key may have changed. */
  note(key: string, nowMs: number): void {
    if (this.#urgent.has(key) || this.#dueMs.has(key)) return;
    const lastMs = this.#lastReadMs.get(key);
    this.#dueMs.set(key, lastMs === undefined ? nowMs : Math.max(nowMs, lastMs + this.#coalesceMs));
  }

  /** A key must be read with the next batch, whatever the limits say: the first reading, or one after a reconnect. */
  noteUrgent(key: string): void {
    this.#dueMs.delete(key);
    this.#urgent.add(key);
  }

  /** A read failed: the key comes again at `atMs`, not before. */
  postpone(key: string, atMs: number): void {
    this.#urgent.delete(key);
    this.#dueMs.set(key, atMs);
  }

  /** A key is no more. */
  forget(key: string): void {
    this.#urgent.delete(key);
    this.#dueMs.delete(key);
    this.#lastReadMs.delete(key);
  }

  /** Takes the keys that are due, up to `limit` besides the urgent ones. */
  take(nowMs: number, limit = Number.POSITIVE_INFINITY): string[] {
    this.#refill(nowMs);
    const taken = [...this.#urgent];
    this.#urgent.clear();
    let left = Math.min(limit, Math.floor(this.#tokens));
    for (const [key, dueMs] of this.#dueMs) {
      if (left <= 0) break;
      if (dueMs > nowMs) continue;
      left -= 1;
      this.#tokens -= 1;
      this.#dueMs.delete(key);
      taken.push(key);
    }
    this.#forgetOldReads(nowMs);
    for (const key of taken) {
      this.#lastReadMs.delete(key);
      this.#lastReadMs.set(key, nowMs);
    }
    return taken;
  }

  /** When `take` has something to give, or `undefined` when nothing waits. */
  nextDueMs(nowMs: number): number | undefined {
    if (this.#urgent.size > 0) return nowMs;
    if (this.#dueMs.size === 0) return undefined;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const dueMs of this.#dueMs.values()) earliestMs = Math.min(earliestMs, dueMs);
    this.#refill(nowMs);
    const tokenMs = this.#tokens >= 1 ? nowMs : nowMs + ((1 - this.#tokens) * 1000) / this.#maxPerSecond;
    return Math.max(nowMs, earliestMs, tokenMs);
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#tokensAtMs ?? nowMs));
    this.#tokensAtMs = nowMs;
    this.#tokens = Math.min(this.#maxPerSecond, this.#tokens + (elapsedMs * this.#maxPerSecond) / 1000);
  }

  #forgetOldReads(nowMs: number): void {
    // Reads are noted in the order of time, so the old ones are in front.
    for (const [key, readMs] of this.#lastReadMs) {
      if (readMs + this.#coalesceMs > nowMs) break;
      this.#lastReadMs.delete(key);
    }
  }
}
