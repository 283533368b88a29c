import { hostname, userInfo } from 'node:os';

import { RegistryError, writeRule, type RuleScope, type StoredRule } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import { CliError } from '../errors.ts';

/**
 * Writes a rule over the version that was read, in the name of the user of this machine.
 *
 * @throws CliError `Conflict` when somebody else was quicker; nothing is written then
 */
export async function storeRule(
  session: ZkSession,
  scope: RuleScope,
  data: Uint8Array,
  { expectedVersion, signal }: { readonly expectedVersion: number | undefined; readonly signal: AbortSignal },
): Promise<StoredRule> {
  try {
    return await writeRule(session, scope, data, { expectedVersion, author: author(), signal });
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'Conflict') {
      throw new CliError('Conflict', `${error.message}; nothing was written, look with \`rules get\` and try again`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** `user@host`, for people who look at the history; it proves nothing. */
function author(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
