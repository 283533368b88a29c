import {
  compileMatcher,
  labelValue,
  METRIC_NAME_LABEL,
  newLabelSet,
  type LabelSet,
  type Matcher,
} from '@pulsekeeper/model';
import type { SchemaSummary } from '../schema/schema-summary.ts';
import type { SchemaView } from './schema-view.ts';
import { SYNTHETIC_SERIES } from './synthetic-series.ts';

interface CompiledMatcher {
  readonly name: string;
  readonly isEquality: boolean;
  readonly value: string;
  readonly holds: (value: string) => boolean;
}

/** What is known of a schema whatever the target. */
interface SchemaAnswers {
  /** Columns of the wanted metrics, ascending. */
  readonly candidates: readonly number[];
  /** Matchers of labels that some of these series have of their own. */
  readonly own: readonly CompiledMatcher[];
  /** The others: the target's labels decide, at once for all series. */
  readonly inherited: readonly CompiledMatcher[];
  /** Wanted columns by what the target has for the labels of `own`. */
  readonly columns: Map<string, readonly number[]>;
}

/**
 * Finds the series of targets that all matchers accept. A series has its own labels and, where it has none of that name,
 * its target's. Answers for a schema are remembered as far as they do not depend on the target.
 */
export class SeriesMatch {
  readonly #names: readonly CompiledMatcher[];
  readonly #labels: readonly CompiledMatcher[];
  /** The synthetic series whose names are wanted. */
  readonly #synthetic: readonly { readonly index: number; readonly name: string }[];
  readonly #remembered = new WeakMap<SchemaView, SchemaAnswers>();

  /** @throws SyntaxError for a regular expression that is none */
  constructor(matchers: readonly Matcher[]) {
    const compiled = matchers.map((matcher) => ({
      name: matcher.name,
      isEquality: matcher.op === '=',
      value: matcher.value,
      holds: compileMatcher(matcher),
    }));
    this.#names = compiled.filter(({ name }) => name === METRIC_NAME_LABEL);
    this.#labels = compiled.filter(({ name }) => name !== METRIC_NAME_LABEL);
    this.#synthetic = SYNTHETIC_SERIES.map(({ metadata }, index) => ({ index, name: metadata.name })).filter(
      ({ name }) => this.#acceptsName(name),
    );
  }

  /** Whether a schema can hold a series that is wanted, as far as its metrics' names tell. */
  mayMatch(summary: SchemaSummary): boolean {
    return summary.metrics.some((metric) => this.#acceptsName(metric));
  }

  /** The columns of a schema that are wanted from a target with these labels, ascending. */
  columnsOf(view: SchemaView, target: LabelSet): readonly number[] {
    let answers = this.#remembered.get(view);
    if (answers === undefined) this.#remembered.set(view, (answers = this.#answersOf(view)));
    const { own, inherited, columns } = answers;
    if (!inherited.every(({ name, holds }) => holds(labelValue(target, name)))) return [];
    const values = own.map(({ name }) => labelValue(target, name)).join('\0');
    let found = columns.get(values);
    if (found === undefined) columns.set(values, (found = this.#find(view, answers, target)));
    return found;
  }

  /** Which of the synthetic series are wanted, by their place in {@link SYNTHETIC_SERIES}. */
  syntheticOf(target: LabelSet): number[] {
    // They have no labels but their target's.
    const isWanted = this.#labels.every(({ name, holds }) => holds(labelValue(target, name)));
    return isWanted ? this.#synthetic.map(({ index }) => index) : [];
  }

  /** Looks only at series of the wanted metrics: to parse the keys of all would take longer than all else. */
  #answersOf(view: SchemaView): SchemaAnswers {
    const candidates = this.#candidates(view);
    const isOwn = (name: string): boolean =>
      candidates.some((column) => {
        const labels = view.labelsAt(column);
        return labels !== undefined && Object.hasOwn(labels, name);
      });
    const own = this.#labels.filter(({ name }) => isOwn(name));
    const inherited = this.#labels.filter((matcher) => !own.includes(matcher));
    return { candidates, own, inherited, columns: new Map() };
  }

  #find(view: SchemaView, { candidates, own }: SchemaAnswers, target: LabelSet): readonly number[] {
    if (own.length === 0) return candidates;
    return candidates.filter((column) => {
      const labels = view.labelsAt(column);
      return labels !== undefined && own.every(({ name, holds }) => holds(inheritedValue(labels, target, name)));
    });
  }

  #candidates(view: SchemaView): readonly number[] {
    const exact = this.#names.find(({ isEquality }) => isEquality);
    const columns: number[] = [];
    const metrics =
      exact === undefined
        ? view.columnsByMetric
        : [[exact.value, view.columnsByMetric.get(exact.value) ?? []] as const];
    for (const [metric, some] of metrics) {
      if (!this.#acceptsName(metric)) continue;
      for (const column of some) columns.push(column);
    }
    return columns.sort((left, right) => left - right);
  }

  #acceptsName(metric: string): boolean {
    return this.#names.every(({ holds }) => holds(metric));
  }
}

/**
 * The labels of a series of a target, with its name. A label that the series has with an empty value hides the target's:
 * relabelling removed it.
 */
export function seriesLabels(series: LabelSet, target: LabelSet): LabelSet {
  // `for … in`, since pairs of sets without a prototype take five times as long: this runs for each series of each target.
  const labels = newLabelSet();
  for (const name in target) if (!Object.hasOwn(series, name)) labels[name] = labelValue(target, name);
  for (const name in series) {
    const value = labelValue(series, name);
    if (value !== '') labels[name] = value;
  }
  return labels;
}

function inheritedValue(series: LabelSet, target: LabelSet, name: string): string {
  return Object.hasOwn(series, name) ? labelValue(series, name) : labelValue(target, name);
}
