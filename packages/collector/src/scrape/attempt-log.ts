import type { FailureReason } from '@pulsekeeper/model';

import type { ScrapeOutcome } from './target-scraper.ts';

/** One attempt for a slot. */
export interface AttemptRecord {
  /** From the slot to its begin, in milliseconds. */
  readonly startedAfterMs: number;
  readonly durationMs: number;
  /** Why it failed; absent where it did not. */
  readonly error?: { readonly reason: FailureReason; readonly message: string } | undefined;
}

/** All attempts for one slot. */
export interface SlotAttempts {
  readonly slotMs: number;
  readonly attempts: readonly AttemptRecord[];
}

/** So many slots of a target are remembered. */
const MAX_SLOTS = 5;
const NONE: readonly SlotAttempts[] = [];

/**
 * Remembers the attempts of the latest slots that took more than one or failed: all that the store does not tell of them. A
 * target that does well costs nothing.
 */
export class AttemptLog {
  #slots = NONE;

  /** Oldest first, at most {@link MAX_SLOTS}. */
  get latest(): readonly SlotAttempts[] {
    return this.#slots;
  }

  /** Takes down how a slot went; `begunAtMs` is when its first attempt began. */
  note(slotMs: number, begunAtMs: number, { error, tries }: ScrapeOutcome): void {
    if (tries === undefined || (error === undefined && tries.length < 2)) return;
    const attempts = tries.map(({ startedAfterMs, durationMs, error: own }, index): AttemptRecord => {
      // What is wrong with a body may be found after the attempt that brought it.
      const failure = index === tries.length - 1 ? error : own;
      return {
        startedAfterMs: begunAtMs - slotMs + startedAfterMs,
        durationMs,
        ...(failure === undefined ? {} : { error: { reason: failure.reason, message: failure.message } }),
      };
    });
    this.#slots = [...this.#slots, { slotMs, attempts }].slice(-MAX_SLOTS);
  }
}
