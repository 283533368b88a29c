/** Settings of {@link fullJitterBackoff}. */
export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. */
  baseMs: number;
  /** Upper bound of every delay, in milliseconds. */
  capMs: number;
  /**
   * Random numbers from 0 to below 1.
   * @defaultValue `Math.random`
   */
  random?: (() => number) | undefined;
}

/**
 * Delays for retries after "full jitter" (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/):
 * attempt n, from 0, waits a random time from 0 to below `min(capMs, baseMs × 2ⁿ)` milliseconds.
 *
 * @throws RangeError when a bound is negative or not finite, or the cap is below the base.
 */
export function fullJitterBackoff(options: BackoffOptions): (attempt: number) => number {
  const { baseMs, capMs, random = Math.random } = options;
  if (!(Number.isFinite(baseMs) && Number.isFinite(capMs) && baseMs >= 0 && capMs >= baseMs)) {
    throw new RangeError(`a backoff needs 0 <= baseMs <= capMs, got baseMs ${baseMs} and capMs ${capMs}`);
  }
  return (attempt) => random() * Math.min(capMs, baseMs * 2 ** Math.max(0, attempt));
}
