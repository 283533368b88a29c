import { isZkError, type AclPermission, type ZkSession } from '@pulsekeeper/zk-session';

import type { CommandContext } from '../command.ts';
import { attempt, type Attempt } from './attempt.ts';
import { withZooKeeper } from './zookeeper.ts';

/** The root of the cluster, and where instances are registered. */
const LOOKED_AT = ['/', '/services'] as const;
const CHANGING: readonly AclPermission[] = ['create', 'write', 'delete', 'admin'];

/** The znodes of the cluster that everybody may change who reaches ZooKeeper. Those that are not there, or hide it, are none. */
export async function findOpenZnodes({ settings, signal }: CommandContext): Promise<Attempt<readonly string[]>> {
  return attempt(() =>
    withZooKeeper(settings, signal, async (session) => {
      const open = await Promise.all(LOOKED_AT.map((path) => isOpen(session, path, signal)));
      return LOOKED_AT.filter((_, index) => open[index]);
    }),
  );
}

async function isOpen(session: ZkSession, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { acl } = await session.getAcl(path, { signal });
    return acl.some(
      ({ scheme, id, permissions }) =>
        scheme === 'world' &&
        id === 'anyone' &&
        (permissions === 'all' || CHANGING.some((permission) => permissions.includes(permission))),
    );
  } catch (error) {
    if (isZkError(error, 'NoNode', 'NoAuth')) {
      return false;
    }
    throw error;
  }
}
