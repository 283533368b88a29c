import { splitTargetId, type TargetId } from '@pulsekeeper/model';
import { readCluster, type ClusterSnapshot, type RuleScope, type ServiceSnapshot } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import { newSourceOf, ruleImpact, type RuleImpact } from '../views/rule-impact.ts';

/** Reads the instances that a rule applies to, and works out what the rule would change for them. */
export async function readImpact(
  session: ZkSession,
  scope: RuleScope,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<RuleImpact[]> {
  const select = (ids: readonly TargetId[]): TargetId[] => ids.filter((id) => isInScope(id, scope));
  const snapshot = await readCluster(session, { signal, select });
  return ruleImpact(snapshot, scope, data, await readElsewhere(session, snapshot, scope, data, signal));
}

/** The service as the rule would find it, where it takes the instances from another place than now. */
async function readElsewhere(
  session: ZkSession,
  snapshot: ClusterSnapshot,
  scope: RuleScope,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<ServiceSnapshot | undefined> {
  const moved = newSourceOf(snapshot, scope, data);
  if (moved === undefined || scope.kind === 'defaults') {
    return undefined;
  }
  const select = (ids: readonly TargetId[]): TargetId[] => ids.filter((id) => isInScope(id, scope));
  const sources = new Map([[scope.service, moved.source]]);
  return (await readCluster(session, { signal, select, sources })).services.get(scope.service);
}

function isInScope(id: TargetId, scope: RuleScope): boolean {
  return scope.kind === 'defaults' || splitTargetId(id).service === scope.service;
}
