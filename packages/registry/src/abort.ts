import { deferred } from '@pulsekeeper/model';

/** Calls `then` when the signal aborts, at once when it already has. The returned function stops listening. */
export function onAbort(signal: AbortSignal | undefined, then: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    then();
    return () => undefined;
  }
  signal.addEventListener('abort', then, { once: true });
  return () => signal.removeEventListener('abort', then);
}

/** Why a signal aborted, as an error. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError');
}

/** Waits for what others wait for as well, and cannot be aborted, no longer than until the signal aborts. */
export async function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = deferred<never>();
  const stopListening = onAbort(signal, () => aborted.reject(abortReason(signal)));
  try {
    return await Promise.race([shared, aborted.promise]);
  } finally {
    stopListening();
  }
}
