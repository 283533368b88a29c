import { StoreError } from '../errors.ts';
import { classOfError } from './reply-error.ts';
import { isTooOld, parseInfo, versionOf } from './inspect-server.ts';
import type { RedisConnection } from './redis-connection.ts';

/**
 * Makes sure that every primary is of a version that can trim streams by age.
 *
 * @throws StoreError with code `Refused`, which names the version and what to do
 */
export async function requireVersion(connection: Pick<RedisConnection, 'onPrimaries'>): Promise<void> {
  const versions = await connection.onPrimaries(async (call) => {
    try {
      return versionOf(parseInfo(String(await call('INFO', 'server'))));
    } catch (error) {
      // A user who may not ask still may write; a server that is too old then refuses the first append.
      if (error instanceof StoreError && classOfError(error.cause) === 'NOPERM') return 'unknown';
      throw error;
    }
  });
  const tooOld = versions.find(isTooOld);
  if (tooOld === undefined) return;
  throw new StoreError(
    'Refused',
    `the server is Redis ${tooOld}, which cannot trim streams by age: upgrade it to Redis 6.2 or later, or use Valkey`,
  );
}
