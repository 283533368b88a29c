import { redactUrl } from '@pulsekeeper/model';

import type { CollectorParts } from '../collector-parts.ts';

/** Which of the servers could not be reached, and why. */
export function describeServers({ options, session, store }: CollectorParts): string {
  const { state, lastError } = store.health();
  const ofZooKeeper = session.lastConnectError?.message ?? session.state.kind;
  return `ZooKeeper at ${options.zookeeper}: ${ofZooKeeper}; Redis at ${redactUrl(options.redis)}: ${lastError?.message ?? state}`;
}
