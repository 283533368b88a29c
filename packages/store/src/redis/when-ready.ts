import { deferred } from '@pulsekeeper/model';
import { StoreError } from '../errors.ts';
import type { RedisConnection } from './redis-connection.ts';
import { classOfError } from './reply-error.ts';

/**
 * Resolves when a connection is ready; rejects when Redis refuses for good, the signal aborts, or `closing` rejects.
 *
 * @throws StoreError
 */
export async function whenReady(
  connection: RedisConnection,
  signal: AbortSignal | undefined,
  closing: Promise<never>,
): Promise<void> {
  const ready = deferred<undefined>();
  const onReady = (): void => ready.resolve(undefined);
  const onAway = (error: Error | undefined): void => {
    const kind = error === undefined ? 'other' : classOfError(error);
    if (kind === 'WRONGPASS' || kind === 'NOAUTH') {
      ready.reject(new StoreError('Refused', explainRefusal(error?.message ?? ''), { cause: error }));
    }
  };
  const onAbort = (): void => {
    const last = connection.lastError?.error;
    const why = last === undefined ? '' : `: ${last.message}`;
    ready.reject(
      new StoreError('Unavailable', `redis could not be reached in time${why}`, { cause: last ?? signal?.reason }),
    );
  };
  connection.on('ready', onReady).on('away', onAway);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (connection.isReady) onReady();
  if (signal?.aborted === true) onAbort();
  try {
    await Promise.race([ready.promise, closing]);
  } finally {
    connection.off('ready', onReady).off('away', onAway);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Of the Sentinels ioredis tells only at the end of a longer message what they said. */
function explainRefusal(message: string): string {
  const ofSentinels = /^All sentinels are unreachable.*?Last error: (.*)$/s.exec(message)?.[1];
  return ofSentinels === undefined
    ? `redis refuses the credentials: ${message}`
    : `the Sentinels refuse the credentials: ${ofSentinels}`;
}
