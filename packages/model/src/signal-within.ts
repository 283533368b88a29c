/**
 * A signal that aborts when the given one does, and after a time at the latest.
 *
 * `AbortSignal.any([signal, AbortSignal.timeout(ms)])` alone may never abort: in Node.js 20 it holds what it is made of
 * weakly, so the timeout can be collected as garbage while somebody waits for the whole. A listener keeps it.
 *
 * @param timeoutMs - Milliseconds from now.
 */
export function signalWithin(timeoutMs: number, signal?: AbortSignal): AbortSignal {
  const deadline = AbortSignal.timeout(timeoutMs);
  if (signal === undefined) return deadline;
  deadline.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([signal, deadline]);
}
