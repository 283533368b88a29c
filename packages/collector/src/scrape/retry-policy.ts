import type { ScrapeError } from './scrape-error.ts';

/** What decides whether an attempt is repeated. */
export interface RetryQuestion {
  readonly error: Pick<ScrapeError, 'retryable' | 'retryAfterMs'>;
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  /** Attempts allowed beyond the first. */
  readonly retries: number;
  /** Time left in the slot, in ms. */
  readonly timeLeftMs: number;
  /** Backoff that the policy would wait, in ms. */
  readonly backoffMs: number;
}

/** Least time that an attempt should have; with less left the slot ends as it stands. */
export const MIN_ATTEMPT_MS = 20;

/**
 * How long to wait before the next attempt, or undefined when there should be none. Pure. A target that asked to be
 * left alone longer than the slot lasts is not asked again for this slot.
 */
export function nextAttemptDelayMs(question: RetryQuestion): number | undefined {
  const { error, attempts, retries, timeLeftMs, backoffMs } = question;
  if (!error.retryable || attempts > retries) return undefined;
  const delayMs = Math.max(backoffMs, error.retryAfterMs ?? 0);
  return timeLeftMs - delayMs >= MIN_ATTEMPT_MS ? delayMs : undefined;
}
