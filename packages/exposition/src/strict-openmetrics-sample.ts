import type { ParseErrorCode } from './errors.ts';
import type { MetricType } from './exposition.ts';
import { parseNumber } from './parse-number.ts';

/** What the names of samples add to the name of their family, by type. Other types add nothing. */
export const SAMPLE_SUFFIXES: ReadonlyMap<MetricType, readonly string[]> = new Map([
  ['counter', ['_total', '_created']],
  ['summary', ['', '_count', '_sum', '_created']],
  ['histogram', ['_bucket', '_count', '_sum', '_created']],
  ['gaugehistogram', ['_bucket', '_gcount', '_gsum']],
  ['info', ['_info']],
]);

const NEVER_NAN = new Set(['_total', '_sum', '_count', '_bucket', '_gcount', '_gsum']);
const NEVER_NEGATIVE = new Set(['_total', '_sum', '_count', '_bucket', '_gcount']);
const WHOLE_NUMBERS = new Set(['_bucket', '_count', '_gcount']);

/** The label that tells the samples of one metric apart, if there is one. */
export function distinguishingLabel(type: MetricType, familyName: string, suffix: string): string | undefined {
  if (type === 'stateset') return familyName;
  if (type === 'summary' && suffix === '') return 'quantile';
  return (type === 'histogram' || type === 'gaugehistogram') && suffix === '_bucket' ? 'le' : undefined;
}

/** Judges one sample by the type of its family. */
export function checkSampleValue(
  type: MetricType,
  familyName: string,
  suffix: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): ParseErrorCode | undefined {
  const bound = boundOf(type, suffix, labels);
  if (bound === null) return 'strict_labels';
  if (type === 'stateset') {
    if (labels[familyName] === undefined) return 'strict_labels';
    return value === 0 || value === 1 ? undefined : 'strict_sample_value';
  }
  if (type === 'info') return value === 1 ? undefined : 'strict_sample_value';
  const isQuantile = type === 'summary' && suffix === '';
  if (isQuantile && !(bound !== undefined && bound >= 0 && bound <= 1)) return 'strict_labels';
  const isBad =
    (NEVER_NAN.has(suffix) && Number.isNaN(value)) ||
    ((NEVER_NEGATIVE.has(suffix) || isQuantile) && value < 0) ||
    (WHOLE_NUMBERS.has(suffix) && !Number.isInteger(value));
  return isBad ? 'strict_sample_value' : undefined;
}

/** The number in `le` or `quantile`; `null` when it should be there and is not, or is not written canonically. */
function boundOf(
  type: MetricType,
  suffix: string,
  labels: Readonly<Record<string, string>>,
): number | undefined | null {
  const isBucket = (type === 'histogram' || type === 'gaugehistogram') && suffix === '_bucket';
  const isQuantile = type === 'summary' && suffix === '';
  if (!isBucket && !isQuantile) return undefined;
  const text = labels[isBucket ? 'le' : 'quantile'];
  const bound = text === undefined ? undefined : parseNumber(text);
  if (bound === undefined || Number.isNaN(bound)) return null;
  return bound === Infinity && text !== '+Inf' ? null : bound;
}
