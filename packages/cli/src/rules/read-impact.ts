import { splitTargetId, type TargetId } from '@pulsekeeper/model';
import { readCluster, type RuleScope } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import { ruleImpact, type RuleImpact } from '../views/rule-impact.ts';

/** Reads the instances that a rule applies to, and works out what the rule would change for them. */
export async function readImpact(
  session: ZkSession,
  scope: RuleScope,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<RuleImpact[]> {
  const select = (ids: readonly TargetId[]): TargetId[] => ids.filter((id) => isInScope(id, scope));
  return ruleImpact(await readCluster(session, { signal, select }), scope, data);
}

function isInScope(id: TargetId, scope: RuleScope): boolean {
  return scope.kind === 'defaults' || splitTargetId(id).service === scope.service;
}
