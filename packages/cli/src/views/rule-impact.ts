import {
  effectiveTarget,
  NO_CLUSTER_DEFAULTS,
  parseClusterDefaults,
  parseServiceRule,
  targetId,
  type ClusterDefaults,
  type ForeignSource,
  type InstanceRecord,
  type Parsed,
  type ServiceRule,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import type { ClusterSnapshot, RuleScope } from '@pulsekeeper/registry';

import { ruleChanges } from './rule-rows.ts';

/** What a new rule changes for one target. */
export interface RuleImpact {
  readonly target: TargetId;
  readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
  /** Set when the target is rejected with the new rule and was not before, or the other way round. */
  readonly rejected: { readonly from: string | null; readonly to: string | null } | null;
}

/** The targets whose effective rule a new rule changes, by name. Pure; the data must have been validated. */
export function ruleImpact(snapshot: ClusterSnapshot, scope: RuleScope, data: Uint8Array): RuleImpact[] {
  const oldDefaults = valueOr(snapshot.defaults.parsed, NO_CLUSTER_DEFAULTS);
  const newDefaults =
    scope.kind === 'defaults' ? valueOr(parseClusterDefaults(data), NO_CLUSTER_DEFAULTS) : oldDefaults;
  const impacts: RuleImpact[] = [];
  for (const [service, { rule, instances }] of snapshot.services) {
    if (scope.kind === 'service' && scope.service !== service) {
      continue;
    }
    const oldRule = valueOr(rule.parsed, {});
    const newRule = scope.kind === 'service' ? valueOr(parseServiceRule(data), {}) : oldRule;
    if (!isSameSource(oldRule.source, newRule.source)) {
      // Which targets come instead is not known before the other place is read; these are looked for there no more.
      const change = { field: 'source', from: oldRule.source ?? null, to: newRule.source ?? null };
      const leaving = [...instances.keys()].map((instance) => targetId(service, instance));
      impacts.push(...leaving.map((target) => ({ target, changes: [change], rejected: null })));
      continue;
    }
    for (const [instance, { parsed }] of instances) {
      if (parsed.ok) {
        const id = targetId(service, instance);
        const before = targetOf(id, oldDefaults, oldRule, parsed.value);
        const after = targetOf(id, newDefaults, newRule, parsed.value);
        impacts.push(...compare(id, before, after));
      }
    }
  }
  return impacts;
}

function isSameSource(a: ForeignSource | undefined, b: ForeignSource | undefined): boolean {
  return a?.kind === b?.kind && a?.path === b?.path && a?.endpoint === b?.endpoint;
}

function compare(target: TargetId, before: Parsed<Target>, after: Parsed<Target>): RuleImpact[] {
  if (before.ok && after.ok) {
    const changes = ruleChanges(before.value, after.value);
    return changes.length === 0 ? [] : [{ target, changes, rejected: null }];
  }
  if (before.ok === after.ok) {
    return [];
  }
  const rejected = { from: before.ok ? null : before.reason, to: after.ok ? null : after.reason };
  return [{ target, changes: [], rejected }];
}

function targetOf(
  id: TargetId,
  defaults: ClusterDefaults,
  service: ServiceRule,
  instance: InstanceRecord,
): Parsed<Target> {
  return effectiveTarget({ id, defaults, service, instance });
}

function valueOr<T>(parsed: Parsed<T>, otherwise: T): T {
  return parsed.ok ? parsed.value : otherwise;
}
