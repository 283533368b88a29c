import {
  formatSeriesKey,
  METRIC_NAME_LABEL,
  newLabelSet,
  parseSeriesKey,
  RelabelError,
  type LabelSet,
  type Relabelling,
  type SeriesSchema,
} from '@pulsekeeper/model';

import { ScrapeError } from '../scrape/scrape-error.ts';
import { renameConflicts } from './conflicting-labels.ts';
import { KeyList } from './key-list.ts';

/** How many of the series that are left may be there, and how large their labels may be. */
export interface SeriesLimits {
  readonly sampleLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
}

/** What makes the stored series out of the scraped ones. */
export interface RelabelSeriesInput {
  readonly scraped: SeriesSchema;
  readonly targetLabels: LabelSet;
  readonly honorLabels: boolean;
  readonly relabelling: Relabelling;
  readonly limits: SeriesLimits;
}

/** The series that are left. */
export interface RelabelledSeries {
  /** Canonical keys, UTF-8, each followed by a line feed. */
  readonly keys: Uint8Array;
  /** Indices of the scraped series that they stand for, ascending. */
  readonly kept: Uint32Array;
  /** Series left out because an earlier one became the same. */
  readonly duplicates: number;
}

/** Series between two looks at the clock of whoever drives {@link relabelSeries}. */
const STEP = 64;

/**
 * Relabels a list of series: resolves clashes, merges the labels of the target, does the steps, and takes out what the
 * target has anyway. Of series that become equal the first stands. Yields every few series, so that its work can be
 * spread; linear in the labels of all series.
 *
 * @throws ScrapeError `relabel` for what cannot stand, `sample_limit` and `label_limit` for what is left beyond the limits.
 */
export function* relabelSeries(input: RelabelSeriesInput): Generator<undefined, RelabelledSeries> {
  const { scraped, limits } = input;
  const seen = new Set<string>();
  const kept: number[] = [];
  const keys = new KeyList();
  let left = 0;
  for (let index = 0; index < scraped.size; index += 1) {
    if (index % STEP === STEP - 1) yield;
    const key = relabelKey(scraped.keyAt(index), input);
    if (key === undefined) continue;
    left += 1;
    if (left > limits.sampleLimit) {
      throw new ScrapeError('sample_limit', `more than ${limits.sampleLimit} samples are left after relabelling`);
    }
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(index);
    keys.add(key);
  }
  return { keys: keys.bytes(), kept: Uint32Array.from(kept), duplicates: left - kept.length };
}

/** The key of one series after relabelling; `undefined` when it is dropped. */
function relabelKey(key: string, input: RelabelSeriesInput): string | undefined {
  const { targetLabels, honorLabels, relabelling, limits } = input;
  const scraped = parseSeriesKey(key);
  const own = honorLabels ? scraped : renameConflicts(scraped, targetLabels);
  const merged = Object.assign(newLabelSet(), targetLabels, own);
  const relabelled = applySteps(relabelling, merged, key);
  if (relabelled.isDropped) return undefined;
  const { labels } = relabelled;
  if (labels === merged) {
    checkLimits(own, limits);
    return own === scraped ? key : formatSeriesKey(own);
  }
  if (Object.keys(labels).length === 0) return undefined;
  if (!Object.hasOwn(labels, METRIC_NAME_LABEL)) {
    throw new ScrapeError('relabel', `metric_relabel_configs left the series ${key} without a name`);
  }
  const stored = newLabelSet();
  for (const [name, value] of Object.entries(labels)) {
    if (Object.hasOwn(own, name) || targetLabels[name] !== value) stored[name] = value;
  }
  checkLimits(stored, limits);
  const hidden = Object.keys(targetLabels).filter((name) => targetLabels[name] !== '' && !Object.hasOwn(labels, name));
  return formatSeriesKey(stored, hidden);
}

function applySteps(relabelling: Relabelling, labels: LabelSet, key: string): ReturnType<Relabelling['apply']> {
  try {
    return relabelling.apply(labels);
  } catch (error) {
    if (!(error instanceof RelabelError)) throw error;
    throw new ScrapeError('relabel', `metric_relabel_configs: ${error.message}, of the series ${key}`, {
      cause: error,
    });
  }
}

function checkLimits(labels: LabelSet, limits: SeriesLimits): void {
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = limits;
  let count = 0;
  for (const [name, value] of Object.entries(labels)) {
    // As in the parser, the name of the metric is no label, and is as long as a name of a label may be.
    const isName = name === METRIC_NAME_LABEL;
    count += isName ? 0 : 1;
    if (isLonger(isName ? value : name, labelNameLengthLimit)) {
      throw new ScrapeError('label_limit', `a name is longer than ${labelNameLengthLimit} bytes after relabelling`);
    }
    if (!isName && isLonger(value, labelValueLengthLimit)) {
      throw new ScrapeError(
        'label_limit',
        `the value of ${name} is longer than ${labelValueLengthLimit} bytes after relabelling`,
      );
    }
  }
  if (count > labelLimit) {
    throw new ScrapeError('label_limit', `a series has ${count} labels after relabelling, allowed are ${labelLimit}`);
  }
}

function isLonger(text: string, maxBytes: number): boolean {
  // No UTF-16 code unit is more than three bytes.
  return text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes);
}
