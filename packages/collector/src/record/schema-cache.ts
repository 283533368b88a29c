import type { MetricMetadata } from '@pulsekeeper/exposition';
import {
  createSeriesSchema,
  dependsOnValueOf,
  parseSeriesKey,
  type LabelSet,
  type Relabelling,
  type SeriesSchema,
} from '@pulsekeeper/model';
import { explainExcess } from '@pulsekeeper/store';

import { ScrapeError } from '../scrape/scrape-error.ts';
import { resolveConflicts, type ResolvedKeys } from './conflicting-labels.ts';
import { relabelSeries, type RelabelledSeries, type SeriesLimits } from './relabel-series.ts';
import { runInSlices, UNBOUNDED } from './run-in-slices.ts';

/** A list of series as it is stored. */
export interface StoredSeries {
  readonly schema: SeriesSchema;
  /** Indices of the scraped series that are kept, ascending; undefined when all are. */
  readonly kept: Uint32Array | undefined;
  /** Series left out because relabelling, or the resolution of clashes, made them equal to an earlier one. */
  readonly duplicates: number;
}

/** What decides how the scraped series of a target are stored. */
export interface SeriesRules {
  readonly targetLabels: LabelSet;
  /** Keep scraped labels that clash with those of the target rather than rename them. */
  readonly honorLabels: boolean;
  /** Steps for each series, where there are any. */
  readonly relabelling?: Relabelling | undefined;
  /** Checked after relabelling; without it the parser has done so. */
  readonly limits?: SeriesLimits | undefined;
  /** Most time that relabelling may take. */
  readonly budgetMs?: number | undefined;
}

/** The series, or why a scrape that yields such a list is no good. */
export type SeriesAnswer = StoredSeries | ScrapeError;

interface Entry {
  readonly metadata: readonly MetricMetadata[];
  answer: SeriesAnswer | Promise<SeriesAnswer>;
}

/**
 * The schemas of the lists of series that targets expose. Instances that expose the same list share one schema: the
 * parsers hand out the same `keys` object for it, and an entry lives as long as that does.
 */
export class SchemaCache {
  readonly #byKeys = new WeakMap<Uint8Array, Map<string, Entry>>();

  /**
   * The schema of what a target exposes. O(1) when it is known; linear in the bytes of the keys otherwise. Where relabelling
   * takes longer than a moment, the answer is a promise, which never rejects, and is there at once the next time.
   *
   * @param variant - {@link variantOf} the rules.
   */
  seriesOf(
    keys: Uint8Array,
    metadata: readonly MetricMetadata[],
    rules: SeriesRules,
    variant: string,
  ): SeriesAnswer | Promise<SeriesAnswer> {
    let variants = this.#byKeys.get(keys);
    if (variants === undefined) {
      variants = new Map();
      this.#byKeys.set(keys, variants);
    }
    const known = variants.get(variant);
    if (known?.metadata === metadata) return known.answer;
    const entry: Entry = { metadata, answer: storable(makeSeries(keys, metadata, rules)) };
    variants.set(variant, entry);
    if (entry.answer instanceof Promise) {
      entry.answer = entry.answer.then((answer) => (entry.answer = answer));
    }
    return entry.answer;
  }
}

/** Rules of the same variant make the same of the same list of series: all instances of a service, as a rule. */
export function variantOf({ targetLabels, honorLabels, relabelling, limits }: SeriesRules): string {
  const names = Object.keys(targetLabels);
  if (relabelling === undefined) return honorLabels ? '' : names.join('\n');
  const { steps } = relabelling;
  const values = names.map((name) => (dependsOnValueOf(steps, name) ? targetLabels[name] : undefined));
  return JSON.stringify([honorLabels, steps, limits, names, values]);
}

/** A list that the store could not give back is refused here, where the slot's failure says why. */
function storable(answer: SeriesAnswer | Promise<SeriesAnswer>): SeriesAnswer | Promise<SeriesAnswer> {
  if (answer instanceof Promise) return answer.then(storable);
  const excess = answer instanceof ScrapeError ? undefined : explainExcess(answer.schema);
  return excess === undefined ? answer : new ScrapeError('sample_limit', `its list of series ${excess}`);
}

function makeSeries(
  keys: Uint8Array,
  metadata: readonly MetricMetadata[],
  rules: SeriesRules,
): SeriesAnswer | Promise<SeriesAnswer> {
  const { relabelling, limits } = rules;
  const scraped = createSeriesSchema(keys, metadata);
  if (relabelling !== undefined && limits !== undefined) {
    return relabelled(scraped, { ...rules, relabelling, limits });
  }
  return rules.honorLabels
    ? { schema: scraped, kept: undefined, duplicates: 0 }
    : withoutConflicts(scraped, rules.targetLabels);
}

function relabelled(
  scraped: SeriesSchema,
  rules: SeriesRules & { relabelling: Relabelling; limits: SeriesLimits },
): SeriesAnswer | Promise<SeriesAnswer> {
  const budgetMs = rules.budgetMs ?? Infinity;
  const tooLong = (): ScrapeError =>
    new ScrapeError('relabel', `relabelling ${scraped.size} series was not done within ${Math.round(budgetMs)} ms`);
  const work = relabelSeries({ ...rules, scraped });
  const finish = ({ keys, kept, duplicates }: RelabelledSeries): StoredSeries => ({
    schema: createSeriesSchema(keys, scraped.metadata),
    kept: kept.length === scraped.size ? undefined : kept,
    duplicates,
  });
  try {
    const result = runInSlices(work, { budgetMs, tooLong });
    return result instanceof Promise ? result.then(finish, refusalOf) : finish(result);
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): ScrapeError {
  if (error instanceof ScrapeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ScrapeError('internal', `relabelling failed: ${message}`, { cause: error });
}

function withoutConflicts(scraped: SeriesSchema, targetLabels: LabelSet): StoredSeries | Promise<StoredSeries> {
  const { keys, metadata, size } = scraped;
  const keyAt = (index: number): string => scraped.keyAt(index);
  const finish = (resolved: ResolvedKeys): StoredSeries => {
    if (resolved.keys === keys) return { schema: scraped, kept: undefined, duplicates: 0 };
    const { kept } = resolved;
    const schema = createSeriesSchema(resolved.keys, metadata);
    return { schema, kept, duplicates: kept === undefined ? 0 : size - kept.length };
  };
  const result = runInSlices(resolveConflicts(keys, keyAt, size, parseSeriesKey, targetLabels), UNBOUNDED);
  return result instanceof Promise ? result.then(finish) : finish(result);
}
