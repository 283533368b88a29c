/**
 * One time limit for a call of several steps: gives the milliseconds that are left of it, 0 when it is over.
 *
 * @param monotonic - the clock, in milliseconds.
 */
export function startTimeLimit(timeoutMs: number, monotonic: () => number): () => number {
  const deadlineMs = monotonic() + timeoutMs;
  return () => Math.max(0, deadlineMs - monotonic());
}
