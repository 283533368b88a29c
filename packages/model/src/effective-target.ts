import type { InstanceRecord } from './instance-record.ts';
import { newLabelSet, type LabelSet } from './labels.ts';
import type { Parsed } from './parsed.ts';
import { MAX_REASON_LENGTH, refused } from './refusal.ts';
import { relabelTarget, type TargetRelabelling } from './relabel/relabel-target.ts';
import { originsOf, type RuleOrigins } from './rule-origin.ts';
import { effectiveBounds, type RuleBounds, type ScrapeRule } from './scrape-rule.ts';
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
  const merged = mergeLayers(layers);
  const identity = splitTargetId(id);
  const clamped = clampRule(merged, bounds);
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
