import {
  formatByteSize,
  formatDownsampleRule,
  formatDuration,
  formatRelabelStep,
  type DownsampleRule,
  type RelabelStep,
  type ScrapeRule,
  type Target,
} from '@pulsekeeper/model';

/** One field of an effective rule: what holds, and which layer said so. */
export interface RuleRow {
  /** As it is written in a znode's JSON; `labels.team` for one label, `params.module` for one parameter. */
  readonly field: string;
  readonly value: unknown;
  /** `builtin`, `cluster`, `service`, `instance`, or `relabel` where `relabel_configs` say so. */
  readonly source: string;
  /** What the layer asked for, where a bound cut it. */
  readonly clampedFrom: unknown;
}

type Show = (value: never) => unknown;

const duration = (valueMs: number): string => formatDuration(valueMs);
const size = (bytes: number): string => formatByteSize(bytes);
const same = (value: unknown): unknown => value;
const downsampleRows = (rules: readonly DownsampleRule[]): unknown => rules.map(formatDownsampleRule);
const stepRows = (steps: readonly RelabelStep[]): unknown => steps.map(formatRelabelStep);

/** The fields of a rule in the order in which people ask for them, with their names in JSON. */
const FIELDS: readonly (readonly [field: keyof ScrapeRule, name: string, show: Show])[] = [
  ['scheme', 'scheme', same],
  ['path', 'path', same],
  ['params', 'params', same],
  ['intervalMs', 'interval', duration],
  ['timeoutMs', 'timeout', duration],
  ['retries', 'retries', same],
  ['labels', 'labels', same],
  ['honorLabels', 'honor_labels', same],
  ['honorTimestamps', 'honor_timestamps', same],
  ['credentials', 'credentials', same],
  ['followRedirects', 'follow_redirects', same],
  ['relabel', 'relabel_configs', stepRows],
  ['metricRelabel', 'metric_relabel_configs', stepRows],
  ['maxBodyBytes', 'body_size_limit', size],
  ['sampleLimit', 'sample_limit', same],
  ['labelLimit', 'label_limit', same],
  ['labelNameLengthLimit', 'label_name_length_limit', same],
  ['labelValueLengthLimit', 'label_value_length_limit', same],
  ['retentionMs', 'retention', duration],
  ['downsample', 'downsample', downsampleRows],
];

/** Lists the fields of a target's effective rule with their origins; fields that nobody set and that have no default are left out. */
export function ruleRows({ rule, origins }: Target): RuleRow[] {
  return FIELDS.flatMap(([field, name, show]) => {
    const value = rule[field];
    if (value === undefined) {
      return [];
    }
    const origin = origins?.fields[field];
    const present = show as (shown: unknown) => unknown;
    const clampedFrom = origin?.clampedFrom === undefined ? null : present(origin.clampedFrom);
    return [{ field: name, value: present(value), source: origin?.source ?? 'unknown', clampedFrom }];
  });
}

/** As {@link ruleRows}, with a row for each label and each parameter below that of all of them. */
export function explainedRows(target: Target): RuleRow[] {
  return ruleRows(target).flatMap((row) =>
    row.field === 'labels' || row.field === 'params' ? [row, ...namedRows(target, row.field)] : [row],
  );
}

function namedRows({ rule, origins }: Target, field: 'labels' | 'params'): RuleRow[] {
  return Object.entries<unknown>(rule[field]).map(([name, value]) => ({
    field: `${field}.${name}`,
    value,
    source: origins?.[field].get(name) ?? 'unknown',
    clampedFrom: null,
  }));
}

/** The fields in which two effective rules differ. */
export function ruleChanges(before: Target, after: Target): { field: string; from: unknown; to: unknown }[] {
  const old = new Map(ruleRows(before).map(({ field, value }) => [field, value]));
  const changes = ruleRows(after).flatMap(({ field, value }) => {
    const from = old.get(field) ?? null;
    old.delete(field);
    return JSON.stringify(from) === JSON.stringify(value) ? [] : [{ field, from, to: value }];
  });
  return [...changes, ...[...old].map(([field, from]) => ({ field, from, to: null }))];
}
