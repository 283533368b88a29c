import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Exemplar, ExpositionFormat, MetricMetadata, Sample } from '../../src/index.ts';

/** A sample as the cases expect it. */
export interface ExpectedSample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number | string;
  readonly value_bits: string;
  readonly timestamp_ms: number | null;
  readonly exemplars?: readonly { labels: Record<string, string>; value: number; timestamp_ms: number | null }[];
  readonly start_timestamp_ms?: number;
}

/** One case of the conformance data; its README explains the fields. */
export interface ConformanceCase {
  readonly id: string;
  readonly source: string;
  readonly format: 'text' | 'openmetrics';
  readonly content_type: string | null;
  readonly input_b64: string;
  readonly expected: {
    readonly verdict: 'valid' | 'invalid' | 'no-crash';
    readonly semantics: string;
    readonly samples: readonly ExpectedSample[] | null;
    readonly samples_form: string | null;
    readonly metadata: readonly { kind: string; metric: string | null; text: string }[] | null;
  };
  readonly note: string | null;
  readonly class: string;
}

/** Where the data lies: beside the repository, or wherever the environment says. */
export const CONFORMANCE_DIR =
  process.env['PULSEKEEPER_CONFORMANCE_DIR'] ??
  fileURLToPath(new URL('../../../../../shared/conformance', import.meta.url));

/** All cases; none when the data is not there. */
export function loadCases(): ConformanceCase[] {
  const folder = join(CONFORMANCE_DIR, 'cases');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { cases: ConformanceCase[] }).cases);
}

export function formatOf(one: ConformanceCase): ExpositionFormat {
  return one.format === 'openmetrics' ? 'openmetrics' : 'prometheus-text';
}

/** A plain value in which two samples are equal when the case's form says so. */
type Comparable = Record<string, unknown>;

/** What differs between the samples read and those that a case expects, as one text; empty when nothing does. */
export function compareSamples(one: ConformanceCase, samples: readonly Sample[]): string {
  const form = one.expected.samples_form;
  const expected = one.expected.samples ?? [];
  const skipsCreated = one.note?.includes('created lines skipped') ?? false;
  // Some encoders add the bucket +Inf; what they were given has none.
  const hasInfinity = expected.some((sample) => sample.labels['le'] === '+Inf');
  const addsInfinity = !hasInfinity && (one.note?.includes('without +Inf gets one') ?? false);
  const read = samples.filter(
    (sample) =>
      !(skipsCreated && sample.name.endsWith('_created')) && !(addsInfinity && sample.labels['le'] === '+Inf'),
  );
  const left = read.map((sample, i) => comparable(one, fromSample(one, sample), expected[i]));
  const right = expected.map((sample) => comparable(one, fromExpected(sample), sample));
  const isUnordered = form === 'merged' || form === 'timestamps-in-seconds-if-small';
  const a = left.map((value) => JSON.stringify(value));
  const b = right.map((value) => JSON.stringify(value));
  if (isUnordered) {
    a.sort();
    b.sort();
  }
  return a.join('\n') === b.join('\n') ? '' : `read\n${a.join('\n')}\nexpected\n${b.join('\n')}`;
}

interface Flat {
  name: string;
  labels: Record<string, string>;
  bits: string;
  timestampMs: number | null;
  exemplar: unknown;
  startTimestampMs: number | null;
}

/** VictoriaMetrics takes timestamps below 2^31 for seconds. */
function scaleTimestamp(one: ConformanceCase, timestampMs: number | null): number | null {
  if (timestampMs === null || one.expected.samples_form !== 'timestamps-in-seconds-if-small') return timestampMs;
  return Math.abs(timestampMs) < 2 ** 31 ? timestampMs * 1000 : timestampMs;
}

function fromSample(one: ConformanceCase, sample: Sample): Flat {
  return {
    name: sample.name,
    labels: sample.labels,
    bits: bitsOf(sample.value),
    timestampMs: scaleTimestamp(one, sample.timestampMs ?? null),
    exemplar: sample.exemplar === undefined ? null : flatExemplar(sample.exemplar),
    startTimestampMs: sample.startTimestampMs ?? null,
  };
}

function fromExpected(sample: ExpectedSample): Flat {
  const exemplar = sample.exemplars?.[0];
  return {
    name: sample.name,
    labels: sample.labels,
    bits: sample.value === 'NaN' ? bitsOf(NaN) : sample.value_bits,
    timestampMs: sample.timestamp_ms,
    exemplar:
      exemplar === undefined ? null : flatExemplar({ ...exemplar, timestampMs: exemplar.timestamp_ms ?? undefined }),
    startTimestampMs: sample.start_timestamp_ms ?? null,
  };
}

function flatExemplar(exemplar: Exemplar): unknown {
  return [Object.entries(exemplar.labels).sort(), bitsOf(exemplar.value), exemplar.timestampMs ?? null];
}

function comparable(one: ConformanceCase, sample: Flat, expected: ExpectedSample | undefined): Comparable {
  const form = one.expected.samples_form;
  const result: Comparable = { name: sample.name, bits: sample.bits };
  // The scrape loop's cases give the labels after target labels and relabelling, which is not the parser's matter.
  if (one.source !== 'prometheus-scrape') result['labels'] = comparableLabels(sample.labels, form);
  if (form === 'flat' || form === 'normalized-le') result['timestampMs'] = sample.timestampMs;
  if (form === 'timestamps-in-seconds-if-small' && !hasDefaultTimestamps(one))
    result['timestampMs'] = sample.timestampMs;
  if (expected?.exemplars !== undefined) result['exemplar'] = sample.exemplar;
  if (expected?.start_timestamp_ms !== undefined) result['startTimestampMs'] = sample.startTimestampMs;
  return result;
}

/** VictoriaMetrics' own time of arrival stands where a body has no timestamps. */
function hasDefaultTimestamps(one: ConformanceCase): boolean {
  return one.expected.samples?.some((sample) => sample.timestamp_ms === 123) ?? false;
}

function comparableLabels(labels: Record<string, string>, form: string | null): unknown {
  const isFloat = (name: string): boolean =>
    (name === 'le' || name === 'quantile') && (form === 'normalized-le' || form === 'merged');
  return Object.entries(labels)
    .map(([name, value]) => [name, isFloat(name) ? String(Number(value.replace('+Inf', 'Infinity'))) : value])
    .sort();
}

/** What differs between the metadata read and that of a case. Only what the case names is compared. */
export function compareMetadata(one: ConformanceCase, metadata: readonly MetricMetadata[]): string {
  const problems: string[] = [];
  for (const { kind, metric, text } of one.expected.metadata ?? []) {
    if (kind === 'comment') continue;
    // client_python drops `_total` from the names of counters of the text format.
    const family =
      metadata.find(({ name }) => name === metric) ?? metadata.find(({ name }) => name === `${String(metric)}_total`);
    const read: string =
      family === undefined ? '' : kind === 'type' ? family.type : kind === 'help' ? family.help : family.unit;
    // expfmt undoes the escape of quotes in the help of the text format, which the format does not have.
    const normalized = one.expected.semantics === 'expfmt' ? read.replaceAll('\\"', '"') : read;
    const isSame =
      kind === 'type' ? (read === '' ? 'unknown' : read) === text.replace('untyped', 'unknown') : normalized === text;
    if (!isSame)
      problems.push(`${kind} of ${String(metric)}: read ${JSON.stringify(read)}, expected ${JSON.stringify(text)}`);
  }
  return problems.join('\n');
}

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}
