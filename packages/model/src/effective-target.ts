import type { InstanceRecord } from './instance-record.ts';
import { newLabelSet, type LabelSet } from './labels.ts';
import type { Parsed } from './parsed.ts';
import { MAX_REASON_LENGTH, refused } from './refusal.ts';
import { relabelTarget, type TargetRelabelling } from './relabel/relabel-target.ts';
import { originsOf, type RuleOrigins } from './rule-origin.ts';
import { effectiveBounds, type RuleBounds, type ScrapeRule, type ServiceRule } from './scrape-rule.ts';
import { scrapeUrl } from './target-address.ts';
import { cutText, escapeUnsafe } from './show-value.ts';
import { splitTargetId, type TargetId } from './target-id.ts';
import { mergeLayers, type TargetLayers } from './target-layers.ts';

/** What is scraped: an instance with its effective rule. */
export interface Target {
  readonly id: TargetId;
  readonly service: string;
  readonly instance: string;
  readonly url: string;
  readonly rule: ScrapeRule;
  /** Labels of every series of the target: `service`, `instance` and those of the rule. */
  readonly labels: LabelSet;
  /** Where each field of the rule comes from; only where it was asked for. */
  readonly origins?: RuleOrigins | undefined;
}

/**
 * Merges the layers (built-in ← cluster ← service ← instance), clamps the result by the cluster's bounds, relabels the
 * target and names the URL.
 *
 * Parameters and labels merge by name; an empty label value removes the label. The interval is clamped to the
 * bounds, the timeout to the interval, retries and limits to their bounds. A microsecond or two a target without origins.
 *
 * Fails when the labels of all layers together are more than the cluster allows, and when `relabel_configs` drop the
 * target or make something of it that cannot be scraped.
 */
export function effectiveTarget(
  layers: TargetLayers,
  { withOrigins = false }: { withOrigins?: boolean | undefined } = {},
): Parsed<Target> {
  const { id, defaults, instance: record } = layers;
  const bounds = effectiveBounds(defaults);
  const identity = splitTargetId(id);
  const { merged, clamped } = settledRule(layers, bounds);
  const relabelled = relabel(clamped, record, identity);
  if (relabelled.kind !== 'kept') {
    const isDropped = relabelled.kind === 'dropped' ? ({ isDropped: true } as const) : {};
    return { ok: false, reason: cutText(escapeUnsafe(relabelled.reason), MAX_REASON_LENGTH), ...isDropped };
  }
  const { address } = relabelled.target;
  const rule = relabelled.target.rule === clamped ? clamped : clampRule(relabelled.target.rule, bounds);
  const labelCount = Object.keys(rule.labels).length;
  if (labelCount > bounds.maxLabels) {
    const shownValue = `${labelCount} labels after merging cluster, service and instance`;
    return refused({ field: 'labels', shownValue, allowed: `at most ${bounds.maxLabels}` });
  }
  const labels = Object.assign(newLabelSet(), rule.labels, identity);
  const url = scrapeUrl(rule.scheme, address, rule.path, rule.params);
  const target: Target = { id, ...identity, url, rule, labels };
  if (!withOrigins) {
    return { ok: true, value: target };
  }
  const stages = { merged, clamped, relabelled: relabelled.target.rule, effective: rule };
  return { ok: true, value: { ...target, origins: originsOf(layers, stages) } };
}

/** The rule of an instance, and of those of its service that set the same. */
interface SettledRule {
  readonly defaults: TargetLayers['defaults'];
  readonly instance: InstanceRecord;
  readonly merged: ScrapeRule;
  readonly clamped: ScrapeRule;
}

/** The last one of each service: nearly all of its instances differ in their addresses alone. */
const settledRules = new WeakMap<ServiceRule, SettledRule>();

function settledRule(layers: TargetLayers, bounds: RuleBounds): SettledRule {
  const { defaults, service, instance } = layers;
  const last = settledRules.get(service);
  if (last?.defaults === defaults && setTheSame(last.instance, instance)) return last;
  const merged = mergeLayers(layers);
  const settled = { defaults, instance, merged, clamped: clampRule(merged, bounds) };
  settledRules.set(service, settled);
  return settled;
}

/** Whether two instances set the same fields of their rules to the same; not where a field has parts. */
function setTheSame(one: InstanceRecord, other: InstanceRecord): boolean {
  return isCovered(one, other) && isCovered(other, one);
}

const NOT_OF_THE_RULE: ReadonlySet<keyof InstanceRecord> = new Set(['address', 'meta', 'instanceKey']);

function isCovered(one: InstanceRecord, other: InstanceRecord): boolean {
  for (const name in one) {
    const field = name as keyof InstanceRecord;
    if (!NOT_OF_THE_RULE.has(field) && one[field] !== other[field]) return false;
  }
  return true;
}

function relabel(
  rule: ScrapeRule,
  { address, meta }: InstanceRecord,
  identity: { readonly service: string; readonly instance: string },
): TargetRelabelling {
  return rule.relabel.length === 0
    ? { kind: 'kept', target: { rule, address } }
    : relabelTarget(rule, address, identity, meta);
}

function clampRule(rule: ScrapeRule, bounds: RuleBounds): ScrapeRule {
  const intervalMs = Math.min(Math.max(rule.intervalMs, bounds.minIntervalMs), bounds.maxIntervalMs);
  return {
    ...rule,
    intervalMs,
    timeoutMs: Math.min(rule.timeoutMs, intervalMs),
    retries: Math.min(rule.retries, bounds.maxRetries),
    maxBodyBytes: Math.min(rule.maxBodyBytes, bounds.maxBodyBytes),
    sampleLimit: Math.min(rule.sampleLimit, bounds.maxSamples),
    labelLimit: Math.min(rule.labelLimit, bounds.maxLabels),
    labelNameLengthLimit: Math.min(rule.labelNameLengthLimit, bounds.maxLabelNameLength),
    labelValueLengthLimit: Math.min(rule.labelValueLengthLimit, bounds.maxLabelValueLength),
  };
}
