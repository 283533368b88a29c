import { compareNames, labelValue, METRIC_NAME_LABEL, newLabelSet, type LabelSet } from '@pulsekeeper/model';
import { escapeText, unescapeText } from './escaped-text.ts';

/**
 * The last part of the key of a time series: `name{code=200,method=GET}`, name, label names and values escaped, labels in
 * the order of their names; without labels the name alone.
 *
 * @param labels - the series' own labels, not those of its target, which is named by the key's hash tag; one with an empty
 * value, which hides its target's, included
 */
export function formatSeriesName(labels: LabelSet): string {
  const names = Object.keys(labels).filter((name) => name !== METRIC_NAME_LABEL);
  const metric = escapeText(labelValue(labels, METRIC_NAME_LABEL));
  if (names.length === 0) return metric;
  names.sort(compareNames);
  const pairs = names.map((name) => `${escapeText(name)}=${escapeText(labelValue(labels, name))}`);
  return `${metric}{${pairs.join(',')}}`;
}

/** The inverse of {@link formatSeriesName}. @returns `undefined` for a text that is none */
export function parseSeriesName(text: string): LabelSet | undefined {
  const match = /^([^{}=,]*)(?:\{([^{}]+)\})?$/.exec(text);
  if (match === null) return undefined;
  const [, metric = '', inner] = match;
  const labels = newLabelSet();
  if (metric !== '') labels[METRIC_NAME_LABEL] = unescapeText(metric);
  for (const pair of inner?.split(',') ?? []) {
    const [name = '', value = '', ...others] = pair.split('=');
    if (name === '' || !pair.includes('=') || others.length > 0) return undefined;
    labels[unescapeText(name)] = unescapeText(value);
  }
  return labels;
}

/**
 * Labels as arguments of `TS.CREATE`: names and values in turn, escaped. Those without a value are left out: the module
 * refuses them, and in Prometheus' model they are the same as absent ones.
 */
export function labelArguments(labels: LabelSet): string[] {
  const names = Object.keys(labels).filter((name) => labels[name] !== '');
  return names.flatMap((name) => [escapeText(name), escapeText(labelValue(labels, name))]);
}
