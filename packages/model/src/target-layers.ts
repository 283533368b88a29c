import type { InstanceRecord } from './instance-record.ts';
import { labelSetOf, newLabelSet, type LabelSet } from './labels.ts';
import {
  DEFAULT_SCRAPE_RULE,
  newParams,
  type ClusterDefaults,
  type ScrapeParams,
  type ScrapeRule,
  type ServiceRule,
} from './scrape-rule.ts';
import type { TargetId } from './target-id.ts';

/** The layers of a target's rule; a later one wins. */
export interface TargetLayers {
  readonly id: TargetId;
  readonly defaults: ClusterDefaults;
  readonly service: ServiceRule;
  readonly instance: InstanceRecord;
}

/** Built-in ← cluster ← service ← instance. Parameters and labels merge by name. Nothing is clamped yet. */
export function mergeLayers({ defaults, service, instance }: TargetLayers): ScrapeRule {
  const cluster = defaults.rule;
  const base = DEFAULT_SCRAPE_RULE;
  return {
    scheme: instance.scheme ?? service.scheme ?? cluster.scheme ?? base.scheme,
    path: instance.path ?? service.path ?? cluster.path ?? base.path,
    params: mergeParams(mergeParams(mergeParams(base.params, cluster.params), service.params), instance.params),
    intervalMs: instance.intervalMs ?? service.intervalMs ?? cluster.intervalMs ?? base.intervalMs,
    timeoutMs: instance.timeoutMs ?? service.timeoutMs ?? cluster.timeoutMs ?? base.timeoutMs,
    retries: instance.retries ?? service.retries ?? cluster.retries ?? base.retries,
    labels: mergeLabels(mergeLabels(mergeLabels(base.labels, cluster.labels), service.labels), instance.labels),
    // What lets a target pose as another or outlive the operator's retention is never the instance's to say.
    honorLabels: service.honorLabels ?? cluster.honorLabels ?? base.honorLabels,
    honorTimestamps: service.honorTimestamps ?? cluster.honorTimestamps ?? base.honorTimestamps,
    relabel: service.relabel ?? cluster.relabel ?? base.relabel,
    metricRelabel: service.metricRelabel ?? cluster.metricRelabel ?? base.metricRelabel,
    credentials: instance.credentials ?? service.credentials ?? cluster.credentials,
    followRedirects: service.followRedirects ?? cluster.followRedirects ?? base.followRedirects,
    maxBodyBytes: instance.maxBodyBytes ?? service.maxBodyBytes ?? cluster.maxBodyBytes ?? base.maxBodyBytes,
    sampleLimit: instance.sampleLimit ?? service.sampleLimit ?? cluster.sampleLimit ?? base.sampleLimit,
    labelLimit: instance.labelLimit ?? service.labelLimit ?? cluster.labelLimit ?? base.labelLimit,
    labelNameLengthLimit:
      instance.labelNameLengthLimit ??
      service.labelNameLengthLimit ??
      cluster.labelNameLengthLimit ??
      base.labelNameLengthLimit,
    labelValueLengthLimit:
      instance.labelValueLengthLimit ??
      service.labelValueLengthLimit ??
      cluster.labelValueLengthLimit ??
      base.labelValueLengthLimit,
    retentionMs: service.retentionMs ?? cluster.retentionMs,
    downsample: service.downsample ?? cluster.downsample ?? base.downsample,
  };
}

/** A name in the upper layer replaces all its values in the lower one. */
function mergeParams(lower: ScrapeParams, upper: ScrapeParams | undefined): ScrapeParams {
  return upper === undefined ? lower : Object.assign(newParams(), lower, upper);
}

/** A label in the upper layer replaces that of the lower one; an empty value removes it. */
function mergeLabels(lower: LabelSet, upper: LabelSet | undefined): LabelSet {
  if (upper === undefined) {
    return lower;
  }
  const merged = Object.assign(newLabelSet(), lower, upper);
  return labelSetOf(Object.entries(merged).filter(([, value]) => value !== ''));
}
