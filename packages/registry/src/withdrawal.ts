import type { Logger } from '@pulsekeeper/model';
import { readZnode } from './read-znode.ts';
import { connectedSessionId, type RegistrySession } from './registry-session.ts';

/** A znode that is to go, if it is still ours. */
export interface Withdrawal {
  readonly session: RegistrySession;
  readonly path: string;
  readonly key: string;
  readonly keyOf: (data: Uint8Array) => string | undefined;
  readonly logger: Logger;
}

/** Which registration stands for a path over a session: the last one that began. */
const claims = new WeakMap<RegistrySession, Map<string, symbol>>();

/** Notes that a registration begins; what a former one of the same session still has to withdraw there is now its own. */
export function claimPath(session: RegistrySession, path: string, registration: symbol): void {
  const paths = claims.get(session) ?? new Map<string, symbol>();
  claims.set(session, paths.set(path, registration));
}

/** Whether no later registration of the session has taken the path over. */
export function isLastClaim(session: RegistrySession, path: string, registration: symbol): boolean {
  return claims.get(session)?.get(path) === registration;
}

/** The registration is over and its znode gone. */
export function releasePath(session: RegistrySession, path: string, registration: symbol): void {
  if (isLastClaim(session, path, registration)) claims.get(session)?.delete(path);
}

/** Removes the znode when it belongs to the present session and has our key. Throws the session's errors. */
export async function withdraw(
  { session, path, key, keyOf }: Withdrawal,
  registration: symbol,
  signal: AbortSignal,
): Promise<void> {
  const sessionId = connectedSessionId(session);
  const node = await readZnode(session, path, { signal });
  const isOurs = node?.stat.ephemeralOwner === sessionId && node !== undefined && keyOf(node.data) === key;
  if (!isOurs || !isLastClaim(session, path, registration)) return;
  await session.remove(path, { version: node.stat.version, signal });
}

/**
 * Withdraws after the next connection, since now it cannot be done: the session may outlive the outage, and the znode
 * with it. The session tries again when it fails.
 */
export function withdrawLater(withdrawal: Withdrawal, registration: symbol): void {
  const { session, path, logger } = withdrawal;
  logger.debug({}, 'znode is withdrawn after the next connection');
  const removeSetup = session.addSetup(async ({ signal }) => {
    if (isLastClaim(session, path, registration)) await withdraw(withdrawal, registration, signal);
    releasePath(session, path, registration);
    // Not from within its own run, which would be aborted.
    setImmediate(() => removeSetup());
  });
}
