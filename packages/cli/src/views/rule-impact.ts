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
import type { ClusterSnapshot, RuleScope, ServiceSnapshot } from '@pulsekeeper/registry';

import { ruleChanges } from './rule-rows.ts';

/** What a new rule changes for one target. */
export interface RuleImpact {
  readonly target: TargetId;
  readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
  /** Set when the target is rejected with the new rule and was not before, or the other way round. */
  readonly rejected: { readonly from: string | null; readonly to: string | null } | null;
}

/** The rules of a cluster as they stand, and as they would be. */
interface RulePair {
  readonly defaults: { readonly old: ClusterDefaults; readonly new: ClusterDefaults };
  readonly service: { readonly old: ServiceRule; readonly new: ServiceRule };
}

/**
 * The targets whose effective rule a new rule changes, by name. Pure; the data must have been validated.
 *
 * Where the rule takes the instances of its service from another place, those there now leave and others arrive: the field
 * `registered` tells which. `elsewhere` is the service as the new rule would find it.
 */
export function ruleImpact(
  snapshot: ClusterSnapshot,
  scope: RuleScope,
  data: Uint8Array,
  elsewhere?: ServiceSnapshot,
): RuleImpact[] {
  const oldDefaults = valueOr(snapshot.defaults.parsed, NO_CLUSTER_DEFAULTS);
  const newDefaults =
    scope.kind === 'defaults' ? valueOr(parseClusterDefaults(data), NO_CLUSTER_DEFAULTS) : oldDefaults;
  const services = new Map<string, ServiceSnapshot | undefined>(snapshot.services);
  if (scope.kind === 'service' && !services.has(scope.service)) {
    services.set(scope.service, undefined);
  }
  return [...services].flatMap(([service, found]) => {
    if (scope.kind === 'service' && scope.service !== service) {
      return [];
    }
    const oldRule = found === undefined ? {} : valueOr(found.rule.parsed, {});
    const newRule = scope.kind === 'service' ? valueOr(parseServiceRule(data), {}) : oldRule;
    const rules: RulePair = {
      defaults: { old: oldDefaults, new: newDefaults },
      service: { old: oldRule, new: newRule },
    };
    return isSameSource(oldRule.source, newRule.source)
      ? changesInPlace(service, found, rules)
      : changesOfPlace(service, found, elsewhere, rules);
  });
}

/** The place that a new rule takes the instances of its service from, when it is another one than now. */
export function newSourceOf(
  snapshot: ClusterSnapshot,
  scope: RuleScope,
  data: Uint8Array,
): { readonly source: ForeignSource | undefined } | undefined {
  if (scope.kind === 'defaults') {
    return undefined;
  }
  const rule = snapshot.services.get(scope.service)?.rule.parsed;
  const before = rule?.ok === true ? rule.value.source : undefined;
  const { source } = valueOr(parseServiceRule(data), {});
  return isSameSource(before, source) ? undefined : { source };
}

function changesInPlace(service: string, found: ServiceSnapshot | undefined, rules: RulePair): RuleImpact[] {
  return [...(found?.instances ?? [])].flatMap(([instance, { parsed }]) => {
    if (!parsed.ok) {
      return [];
    }
    const id = targetId(service, instance);
    const before = targetOf(id, rules.defaults.old, rules.service.old, parsed.value);
    const after = targetOf(id, rules.defaults.new, rules.service.new, parsed.value);
    return compare(id, before, after);
  });
}

function changesOfPlace(
  service: string,
  found: ServiceSnapshot | undefined,
  elsewhere: ServiceSnapshot | undefined,
  rules: RulePair,
): RuleImpact[] {
  const place = { field: 'source', from: rules.service.old.source ?? null, to: rules.service.new.source ?? null };
  const names = new Set([...(found?.instances.keys() ?? []), ...(elsewhere?.places.keys() ?? [])]);
  return [...names].sort().map((instance) => {
    const target = targetId(service, instance);
    const [from, to] = [found?.instances.has(instance) === true, elsewhere?.places.has(instance) === true];
    const record = elsewhere?.instances.get(instance)?.parsed;
    const after = record?.ok === true ? targetOf(target, rules.defaults.new, rules.service.new, record.value) : record;
    return {
      target,
      changes: from === to ? [place] : [place, { field: 'registered', from, to }],
      rejected: after?.ok === false ? { from: null, to: after.reason } : null,
    };
  });
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
