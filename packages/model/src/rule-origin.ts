import type { RuleOverrides, ScrapeRule } from './scrape-rule.ts';
import type { TargetLayers } from './target-layers.ts';

/** The layers that a rule is made of, lowest first. */
export const RULE_SOURCES = ['builtin', 'cluster', 'service', 'instance'] as const;

/** The layer that a value comes from. */
export type RuleSource = (typeof RULE_SOURCES)[number];

/** Where one field of an effective rule comes from. */
export interface FieldOrigin {
  readonly source: RuleSource;
  /** What the source says, where a bound (for the timeout: the interval) cut it. */
  readonly clampedFrom?: number | undefined;
}

/** Where everything in an effective rule comes from. */
export interface RuleOrigins {
  /** By field; `params` and `labels` carry the uppermost layer that set any. */
  readonly fields: Readonly<Record<keyof ScrapeRule, FieldOrigin>>;
  /** By name of the parameter. */
  readonly params: ReadonlyMap<string, RuleSource>;
  /** By name of the label. */
  readonly labels: ReadonlyMap<string, RuleSource>;
}

const RULE_FIELDS: readonly (keyof ScrapeRule)[] = [
  'scheme',
  'path',
  'params',
  'intervalMs',
  'timeoutMs',
  'retries',
  'labels',
  'honorLabels',
  'honorTimestamps',
  'relabel',
  'metricRelabel',
  'credentials',
  'followRedirects',
  'maxBodyBytes',
  'sampleLimit',
  'labelLimit',
  'labelNameLengthLimit',
  'labelValueLengthLimit',
  'retentionMs',
  'downsample',
];

/** Tells for every field of a target's rule which layer said so, and what was clamped. */
export function originsOf(layers: TargetLayers, merged: ScrapeRule, clamped: ScrapeRule): RuleOrigins {
  const { defaults, service, instance } = layers;
  // Uppermost first.
  const sources: readonly [RuleSource, RuleOverrides][] = [
    ['instance', instance],
    ['service', service],
    ['cluster', defaults.rule],
  ];
  const sourceOf = (isSetBy: (layer: RuleOverrides) => boolean): RuleSource =>
    sources.find(([, layer]) => isSetBy(layer))?.[0] ?? 'builtin';
  const fields = RULE_FIELDS.map((field): [string, FieldOrigin] => {
    const source = sourceOf((layer) => layer[field] !== undefined);
    const before = merged[field];
    return [
      field,
      typeof before === 'number' && before !== clamped[field] ? { source, clampedFrom: before } : { source },
    ];
  });
  const sourcesByName = (field: 'params' | 'labels'): ReadonlyMap<string, RuleSource> =>
    new Map(
      Object.keys(clamped[field]).map((name) => [
        name,
        sourceOf((layer) => layer[field] !== undefined && Object.hasOwn(layer[field], name)),
      ]),
    );
  return {
    fields: Object.fromEntries(fields) as Record<keyof ScrapeRule, FieldOrigin>,
    params: sourcesByName('params'),
    labels: sourcesByName('labels'),
  };
}
