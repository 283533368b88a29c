import type { DownsampleRule } from './downsample-rule.ts';
import type { ForeignSource } from './foreign-source.ts';
import { newLabelSet, type LabelSet } from './labels.ts';
import type { RelabelStep } from './relabel/relabel-step.ts';

/** The schemes that collectors speak. */
export type Scheme = 'http' | 'https';

/** Query parameters of the scrape URL: every name with its values. */
export type ScrapeParams = Readonly<Record<string, readonly string[]>>;

/** An empty map of parameters, without a prototype. */
export function newParams(): Record<string, readonly string[]> {
  return Object.create(null) as Record<string, readonly string[]>;
}

/** How a target is scraped. Everything is set; {@link RuleOverrides} is the same with everything optional. */
export interface ScrapeRule {
  readonly scheme: Scheme;
  /** Path of the URL, with a leading slash, without a query. */
  readonly path: string;
  readonly params: ScrapeParams;
  /** Distance of two slots, in milliseconds. */
  readonly intervalMs: number;
  /** Deadline of one attempt, in milliseconds; never above the interval. */
  readonly timeoutMs: number;
  /** Further attempts within a slot after the first has failed. */
  readonly retries: number;
  /** Added to every series of the target. */
  readonly labels: LabelSet;
  /** On a clash of a scraped label with one of the target, keep the scraped one. */
  readonly honorLabels: boolean;
  /** Take the timestamps in the body rather than the slot's. */
  readonly honorTimestamps: boolean;
  /** Changes the labels and the URL of a target, or drops it. */
  readonly relabel: readonly RelabelStep[];
  /** Changes the labels of each series, or drops it. */
  readonly metricRelabel: readonly RelabelStep[];
  /** Name of a profile in the collectors' configuration that says how to authenticate. */
  readonly credentials?: string | undefined;
  /** Whether redirects to the same origin are followed. */
  readonly followRedirects: boolean;
  /** Largest body after decompression, in bytes. */
  readonly maxBodyBytes: number;
  /** Most samples of one scrape. */
  readonly sampleLimit: number;
  /** Most labels of one series. */
  readonly labelLimit: number;
  /** Longest label name, in bytes. */
  readonly labelNameLengthLimit: number;
  /** Longest label value, in bytes. */
  readonly labelValueLengthLimit: number;
  /** Age after which samples go, in milliseconds; the store's own setting where it is absent. */
  readonly retentionMs?: number | undefined;
  /** Compactions of every series, where they are written as time series. */
  readonly downsample: readonly DownsampleRule[];
}

/** One layer of a rule: what it sets. */
export type RuleOverrides = { readonly [Field in keyof ScrapeRule]?: ScrapeRule[Field] | undefined };

/** What the operator lets services and instances ask for. Values beyond are clamped. */
export interface RuleBounds {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly maxRetries: number;
  readonly maxBodyBytes: number;
  readonly maxSamples: number;
  /** Bounds the labels of a series and the labels that a rule adds. */
  readonly maxLabels: number;
  readonly maxLabelNameLength: number;
  readonly maxLabelValueLength: number;
}

/** The data of `/defaults`. */
export interface ClusterDefaults {
  readonly rule: RuleOverrides;
  readonly bounds: { readonly [Field in keyof RuleBounds]?: RuleBounds[Field] | undefined };
}

/** The data of `/services/<service>`. */
export interface ServiceRule extends RuleOverrides {
  /** Where the service's instances are registered, when that is not by us. */
  readonly source?: ForeignSource | undefined;
}

/** What holds where neither cluster, service nor instance says anything. Interval and timeout of Prometheus' examples. */
export const DEFAULT_SCRAPE_RULE: ScrapeRule = Object.freeze({
  scheme: 'http',
  path: '/metrics',
  params: Object.freeze(newParams()),
  intervalMs: 15_000,
  timeoutMs: 10_000,
  retries: 2,
  labels: Object.freeze(newLabelSet()),
  honorLabels: false,
  honorTimestamps: true,
  relabel: Object.freeze([]),
  metricRelabel: Object.freeze([]),
  credentials: undefined,
  followRedirects: false,
  maxBodyBytes: 16 * 1024 * 1024,
  sampleLimit: 500_000,
  labelLimit: 64,
  labelNameLengthLimit: 256,
  labelValueLengthLimit: 4096,
  retentionMs: undefined,
  downsample: Object.freeze([]),
});

/** The bounds where `/defaults` sets none. */
export const DEFAULT_RULE_BOUNDS: RuleBounds = Object.freeze({
  minIntervalMs: 100,
  maxIntervalMs: 3_600_000,
  maxRetries: 5,
  maxBodyBytes: 16 * 1024 * 1024,
  maxSamples: 500_000,
  maxLabels: 64,
  maxLabelNameLength: 256,
  maxLabelValueLength: 4096,
});

/** No rule and no bounds of its own: what an absent or empty `/defaults` means. */
export const NO_CLUSTER_DEFAULTS: ClusterDefaults = Object.freeze({
  rule: Object.freeze({}),
  bounds: Object.freeze({}),
});

/** The bounds in force: those of the cluster, else the built-in ones. */
export function effectiveBounds(defaults: ClusterDefaults): RuleBounds {
  const { bounds } = defaults;
  return {
    minIntervalMs: bounds.minIntervalMs ?? DEFAULT_RULE_BOUNDS.minIntervalMs,
    maxIntervalMs: bounds.maxIntervalMs ?? DEFAULT_RULE_BOUNDS.maxIntervalMs,
    maxRetries: bounds.maxRetries ?? DEFAULT_RULE_BOUNDS.maxRetries,
    maxBodyBytes: bounds.maxBodyBytes ?? DEFAULT_RULE_BOUNDS.maxBodyBytes,
    maxSamples: bounds.maxSamples ?? DEFAULT_RULE_BOUNDS.maxSamples,
    maxLabels: bounds.maxLabels ?? DEFAULT_RULE_BOUNDS.maxLabels,
    maxLabelNameLength: bounds.maxLabelNameLength ?? DEFAULT_RULE_BOUNDS.maxLabelNameLength,
    maxLabelValueLength: bounds.maxLabelValueLength ?? DEFAULT_RULE_BOUNDS.maxLabelValueLength,
  };
}
