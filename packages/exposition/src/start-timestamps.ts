import type { MetricMetadata } from './exposition.ts';
import type { Sample } from './parse-exposition.ts';
import { secondsToMs } from './scan-sample.ts';

/** What a sample name may add to the name of its family, by the types that have a `_created` sample. */
const SUFFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ['counter', ['_total', '']],
  ['histogram', ['_bucket', '_count', '_sum']],
  ['summary', ['_count', '_sum', '']],
]);

/** Labels that tell the samples of one metric apart. */
const WITHIN_METRIC: ReadonlyMap<string, string> = new Map([
  ['histogram', 'le'],
  ['summary', 'quantile'],
]);

/** Gives each sample of a counter, histogram or summary the time that its metric's `_created` sample names. */
export function attachStartTimestamps(samples: readonly Sample[], families: readonly MetricMetadata[]): Sample[] {
  const familyOf = new Map<string, MetricMetadata>();
  const created = new Map<string, MetricMetadata>();
  for (const family of families) {
    for (const suffix of SUFFIXES.get(family.type) ?? []) familyOf.set(family.name + suffix, family);
    if (SUFFIXES.has(family.type)) created.set(`${family.name}_created`, family);
  }
  const startOf = new Map<string, number>();
  for (const sample of samples) {
    const family = created.get(sample.name);
    if (family !== undefined) startOf.set(metricIdentity(family, sample), secondsToMs(sample.value));
  }
  if (startOf.size === 0) return [...samples];
  return samples.map((sample) => {
    const family = familyOf.get(sample.name);
    const startTimestampMs = family && startOf.get(metricIdentity(family, sample));
    return startTimestampMs === undefined ? sample : { ...sample, startTimestampMs };
  });
}

function metricIdentity(family: MetricMetadata, sample: Sample): string {
  const left = WITHIN_METRIC.get(family.type);
  const labels = Object.entries(sample.labels).filter(([name, value]) => name !== left && value !== '');
  labels.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([family.name, labels]);
}
