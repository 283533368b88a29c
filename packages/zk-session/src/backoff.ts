/** How long to wait between attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first wait, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every wait, in milliseconds. */
  readonly capMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Full jitter: uniform between 0 and `min(cap, base × 2^attempt)`. Clients that lost the same server spread
 * out instead of coming back together.
 *
 * @param attempt - 0 for the first wait.
 */
export function fullJitterMs(policy: BackoffPolicy, attempt: number): number {
  const ceilingMs = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  return policy.random() * ceilingMs;
}
