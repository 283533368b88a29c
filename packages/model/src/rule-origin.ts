import { isDeepStrictEqual } from 'node:util';

import type { RuleOverrides, ScrapeRule } from './scrape-rule.ts';
import type { TargetLayers } from './target-layers.ts';

/** The layers that a rule is made of, lowest first, and the `relabel_configs` that may change what they say. */
export const RULE_SOURCES = ['builtin', 'cluster', 'service', 'instance', 'relabel'] as const;

/** The layer that a value comes from, or `relabel`. */
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

/** A rule on its way from the layers to what is scraped. */
export interface RuleStages {
  /** As the layers say it together. */
  readonly merged: ScrapeRule;
  /** Cut by the bounds. */
  readonly clamped: ScrapeRule;
  /** As `relabel_configs` left it. */
  readonly relabelled: ScrapeRule;
  /** Cut by the bounds once more: what holds. */
  readonly effective: ScrapeRule;
}

/** Tells for every field of a target's rule which layer, or which relabelling, said so, and what was clamped. */
export function originsOf(layers: TargetLayers, stages: RuleStages): RuleOrigins {
  const { defaults, service, instance } = layers;
  const { merged, clamped, relabelled, effective } = stages;
  // Uppermost first.
  const sources: readonly [RuleSource, RuleOverrides][] = [
    ['instance', instance],
    ['service', service],
    ['cluster', defaults.rule],
  ];
  const sourceOf = (isSetBy: (layer: RuleOverrides) => boolean): RuleSource =>
    sources.find(([, layer]) => isSetBy(layer))?.[0] ?? 'builtin';
  const fields = RULE_FIELDS.map((field): [string, FieldOrigin] => {
    const isRelabelled = !isSame(clamped[field], relabelled[field]);
    const source = isRelabelled ? 'relabel' : sourceOf((layer) => layer[field] !== undefined);
    const asked = isRelabelled ? relabelled[field] : merged[field];
    return [
      field,
      typeof asked === 'number' && asked !== effective[field] ? { source, clampedFrom: asked } : { source },
    ];
  });
  const sourcesByName = (field: 'params' | 'labels'): ReadonlyMap<string, RuleSource> =>
    new Map(
      Object.keys(effective[field]).map((name) => [
        name,
        isSame(clamped[field][name], relabelled[field][name])
          ? sourceOf((layer) => layer[field] !== undefined && Object.hasOwn(layer[field], name))
          : 'relabel',
      ]),
    );
  return {
    fields: Object.fromEntries(fields) as Record<keyof ScrapeRule, FieldOrigin>,
    params: sourcesByName('params'),
    labels: sourcesByName('labels'),
  };
}

/** Relabelling makes new objects of labels and parameters, whose names stand in another order. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(plain(a), plain(b));
}

/** Label sets have no prototype; parameters may have one. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : value;
}
