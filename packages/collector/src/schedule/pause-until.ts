import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when nothing is left to wait for, which is asked anew after each wait, or when the signal aborts. */
export async function pauseUntil(leftMs: () => number, signal: AbortSignal): Promise<void> {
  for (let waitMs = leftMs(); waitMs > 0 && !signal.aborted; waitMs = leftMs()) {
    // Aborted: the deadline is over, which the loop sees.
    await sleep(Math.ceil(waitMs), undefined, { signal }).catch(() => undefined);
  }
}
