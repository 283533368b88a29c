import { setTimeout as sleep } from 'node:timers/promises';

import { TestSupportError } from './errors.ts';
import { timeFactor } from './time-factor.ts';

/** How long and how often {@link eventually} tries. */
export interface EventuallyOptions {
  /** Milliseconds after which the last failure is thrown, before the time factor. @defaultValue 5000 */
  timeoutMs?: number | undefined;
  /** Milliseconds between two tries. @defaultValue 20 */
  intervalMs?: number | undefined;
  /** Ends the wait early with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Repeats `assertion` until it neither throws nor yields `false`, and returns what it yielded.
 * On the deadline the last failure is thrown, as the `cause` of a `Timeout` error whose message quotes it.
 * An assertion that never settles counts as failed at the deadline.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 5_000, intervalMs = 20, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs * timeFactor);
  const unsettled = new Error('the assertion did not settle');
  const expired = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(unsettled), { once: true });
  });
  expired.catch(() => undefined); // It also fires when the assertion has long passed.
  let failure: unknown;
  let tries = 0;
  while (!deadline.aborted) {
    signal?.throwIfAborted();
    tries += 1;
    try {
      const value = await Promise.race([assertion(), expired]);
      if (value !== false) return value;
      failure = new Error('it yielded false');
    } catch (error) {
      // The failure of the assertion itself says more than that the deadline came while it was tried once more.
      failure = error === unsettled && failure !== undefined ? failure : error;
    }
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  const said = failure instanceof Error ? failure.message : String(failure);
  throw new TestSupportError(
    'Timeout',
    `still failing after ${timeoutMs * timeFactor} ms and ${tries} tries: ${said}`,
    {
      cause: failure,
    },
  );
}
