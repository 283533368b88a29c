import { newLabelSet, type LabelSet } from './labels.ts';
import type { Parsed } from './parsed.ts';
import { refused } from './refusal.ts';
import { originsOf, type RuleOrigins } from './rule-origin.ts';
import { effectiveBounds, type RuleBounds, type ScrapeRule } from './scrape-rule.ts';
import { scrapeUrl } from './target-address.ts';
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
 * Merges the layers (built-in ← cluster ← service ← instance), clamps the result by the cluster's bounds and names the URL.
 *
 * Parameters and labels merge by name; an empty label value removes the label. The interval is clamped to the
 * bounds, the timeout to the interval, retries and limits to their bounds. A microsecond or two a target without origins.
 *
 * Fails only when the labels of all layers together are more than the cluster allows.
 */
export function effectiveTarget(
  layers: TargetLayers,
  { withOrigins = false }: { withOrigins?: boolean | undefined } = {},
): Parsed<Target> {
  const { id, defaults, instance: record } = layers;
  const bounds = effectiveBounds(defaults);
  const merged = mergeLayers(layers);
  const labelCount = Object.keys(merged.labels).length;
  if (labelCount > bounds.maxLabels) {
    const shownValue = `${labelCount} labels after merging cluster, service and instance`;
    return refused({ field: 'labels', shownValue, allowed: `at most ${bounds.maxLabels}` });
  }
  const rule = clampRule(merged, bounds);
  const { service, instance } = splitTargetId(id);
  const labels = Object.assign(newLabelSet(), rule.labels, { service, instance });
  const url = scrapeUrl(rule.scheme, record.address, rule.path, rule.params);
  const target: Target = { id, service, instance, url, rule, labels };
  return { ok: true, value: withOrigins ? { ...target, origins: originsOf(layers, merged, rule) } : target };
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
