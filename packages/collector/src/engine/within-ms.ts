import { deferred } from '@pulsekeeper/model';

/**
 * Settles as the promise does, or rejects when that takes longer. What the promise does afterwards is ignored.
 *
 * @param what - Names in the error what did not answer.
 */
export async function withinMs<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const { promise: late, reject } = deferred<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
