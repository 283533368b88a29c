import type { MetricType } from './exposition.ts';
import { readLabels } from './read-labels.ts';
import { asciiSlice } from './decimal.ts';
import { decodeString } from './label-list.ts';
import { ENTRY_HELP, ENTRY_SAMPLE, ENTRY_TYPE, ENTRY_UNIT, TIMESTAMP_SECONDS, VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { HistogramChecker } from './strict-histogram.ts';
import { checkSampleValue, distinguishingLabel, SAMPLE_SUFFIXES } from './strict-openmetrics-sample.ts';

const MAX_EXEMPLAR_CODE_POINTS = 128;

/** What is known of the metric family whose lines are being read. */
interface Family {
  readonly name: string;
  type: MetricType | undefined;
  hasHelp: boolean;
  unit: string | undefined;
  hasSamples: boolean;
  /** Names that samples of the family may have. */
  sampleNames: ReadonlySet<string>;
  readonly histogram: HistogramChecker;
  /** The metric (one set of labels) whose samples are being read, and those that are done. */
  group: string | undefined;
  readonly seenGroups: Set<string>;
  groupSeconds: number;
}

/**
 * The rules of OpenMetrics 1.0 beyond the syntax of lines: metadata once and before the samples, families and metrics in
 * one piece, no clashes of names, values and labels that fit the type, complete histograms, short exemplars.
 */
export class OpenMetricsChecker {
  readonly #takenNames = new Set<string>();
  #family: Family | undefined;

  check(scanner: Scanner, entry: number): void {
    const name = decodeString(scanner.body, scanner.nameStart, scanner.nameEnd, scanner.nameFlags);
    if (entry === ENTRY_SAMPLE) this.#checkSample(scanner, name);
    else this.#checkMetadata(scanner, entry, name);
  }

  finish(scanner: Scanner): void {
    this.#closeFamily(scanner);
  }

  #checkMetadata(scanner: Scanner, entry: number, name: string): void {
    if (this.#family?.name !== name) this.#openFamily(scanner, name, undefined);
    const family = this.#family;
    if (family === undefined) return;
    const isRepeated =
      (entry === ENTRY_HELP && family.hasHelp) ||
      (entry === ENTRY_TYPE && family.type !== undefined) ||
      (entry === ENTRY_UNIT && family.unit !== undefined);
    if (isRepeated || family.hasSamples) scanner.fail('strict_metadata', scanner.entryStart);
    const text = asciiSlice(scanner.body, scanner.textStart, scanner.textEnd);
    if (entry === ENTRY_HELP) family.hasHelp = true;
    else if (entry === ENTRY_UNIT) family.unit = text;
    else setType(family, text as MetricType);
  }

  #openFamily(scanner: Scanner, name: string, type: MetricType | undefined): void {
    this.#closeFamily(scanner);
    const family: Family = {
      name,
      type: undefined,
      hasHelp: false,
      unit: undefined,
      hasSamples: false,
      sampleNames: new Set([name]),
      histogram: new HistogramChecker(name),
      group: undefined,
      seenGroups: new Set(),
      groupSeconds: NaN,
    };
    if (type !== undefined) setType(family, type);
    this.#family = family;
  }

  /** A family claims its own name and those of all samples that it may have. */
  #closeFamily(scanner: Scanner): void {
    const family = this.#family;
    if (family === undefined) return;
    family.histogram.finish(scanner);
    for (const name of new Set([family.name, ...family.sampleNames])) {
      if (this.#takenNames.has(name)) scanner.fail('strict_metadata', scanner.entryStart);
      this.#takenNames.add(name);
    }
    const mayHaveUnit = family.type !== 'info' && family.type !== 'stateset';
    if (!mayHaveUnit && family.unit !== undefined && family.unit !== '') {
      scanner.fail('strict_metadata', scanner.entryStart);
    }
  }

  #checkSample(scanner: Scanner, name: string): void {
    if (this.#family?.sampleNames.has(name) !== true) this.#openFamily(scanner, name, 'unknown');
    const family = this.#family;
    if (family === undefined) return;
    family.hasSamples = true;
    const labels = readLabels(scanner.body, scanner.labels);
    const type = family.type ?? 'unknown';
    const suffix = name.slice(family.name.length);
    const value = scanner.numbers[VALUE] ?? NaN;
    const problem = checkSampleValue(type, family.name, suffix, labels, value);
    if (problem !== undefined) scanner.fail(problem, scanner.entryStart);
    this.#checkGroup(scanner, family, type, suffix, labels);
    if (type === 'histogram' || type === 'gaugehistogram') {
      family.histogram.check(scanner, `${family.group ?? ''} ${secondsOf(scanner)}`, suffix, labels['le'], value);
    }
    if (scanner.hasExemplar) checkExemplar(scanner, type, suffix);
  }

  /** The samples of one metric stand together, all with a timestamp or all without, in the order of time. */
  #checkGroup(
    scanner: Scanner,
    family: Family,
    type: MetricType,
    suffix: string,
    labels: Record<string, string>,
  ): void {
    // The labels of an info metric all belong to its value, so its samples cannot be told apart.
    const left = distinguishingLabel(type, family.name, suffix);
    const pairs = type === 'info' ? [] : Object.entries(labels).filter(([name]) => name !== left);
    pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    const group = JSON.stringify(pairs);
    const seconds = secondsOf(scanner);
    if (group === family.group) {
      const hadTimestamp = !Number.isNaN(family.groupSeconds);
      const isMixed = hadTimestamp === Number.isNaN(seconds);
      const isBackwards = type !== 'info' && seconds < family.groupSeconds;
      if (isMixed || isBackwards) scanner.fail('strict_order', scanner.entryStart);
    } else if (family.seenGroups.has(group)) scanner.fail('strict_order', scanner.entryStart);
    family.group = group;
    family.seenGroups.add(group);
    family.groupSeconds = seconds;
  }
}

/** The timestamp as written, finer than a millisecond; NaN for none. */
function secondsOf({ timestampStart, numbers }: Scanner): number {
  return timestampStart === 0 ? NaN : (numbers[TIMESTAMP_SECONDS] ?? NaN);
}

function setType(family: Family, type: MetricType): void {
  family.type = type;
  family.sampleNames = new Set((SAMPLE_SUFFIXES.get(type) ?? ['']).map((suffix) => family.name + suffix));
}

/** Exemplars belong on buckets and counter totals; names and values of their labels have at most 128 characters in all. */
function checkExemplar(scanner: Scanner, type: MetricType, suffix: string): void {
  const isBucket = (type === 'histogram' || type === 'gaugehistogram') && suffix === '_bucket';
  const isAllowed = isBucket || (type === 'counter' && suffix === '_total');
  const text = Object.entries(readLabels(scanner.body, scanner.exemplarLabels)).flat().join('');
  if (!isAllowed || Array.from(text).length > MAX_EXEMPLAR_CODE_POINTS)
    scanner.fail('strict_exemplar', scanner.entryStart);
}
