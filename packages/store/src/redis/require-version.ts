import { StoreError } from '../errors.ts';
import { isTooOld, type PrimaryInfo, versionOf } from './inspect-server.ts';
import { classOfError } from './reply-error.ts';

/**
 * Makes sure that every primary is of a version that can trim streams by age.
 *
 * @param asked - what the primaries say of themselves. A user who may not ask still may write; a server that is too old then
 *   refuses the first append
 * @throws StoreError with code `Refused`, which names the version and what to do; what `asked` rejects with
 */
export async function requireVersion(asked: Promise<readonly Pick<PrimaryInfo, 'info'>[]>): Promise<void> {
  let primaries: readonly Pick<PrimaryInfo, 'info'>[];
  try {
    primaries = await asked;
  } catch (error) {
    if (error instanceof StoreError && classOfError(error.cause) === 'NOPERM') return;
    throw error;
  }
  const tooOld = primaries.map(({ info }) => versionOf(info)).find(isTooOld);
  if (tooOld === undefined) return;
  throw new StoreError(
    'Refused',
    `the server is Redis ${tooOld}, which cannot trim streams by age: upgrade it to Redis 6.2 or later, or use Valkey`,
  );
}
