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

/**
 * Finds the series of targets that all matchers accept. A series has its own labels and, where it has none of that name,
 * its target's. Answers for a schema are remembered as far as they do not depend on the target.
 */
export class SeriesMatch {
  readonly #names: readonly CompiledMatcher[];
  readonly #labels: readonly CompiledMatcher[];
  /** The synthetic series whose names are wanted. */
  readonly #synthetic: readonly { readonly index: number; readonly name: string }[];
  readonly #remembered = new WeakMap<SchemaView, Map<string, readonly number[]>>();

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
    // Labels that no series has of its own are the target's to decide, at once for all of them.
    const own: CompiledMatcher[] = [];
    for (const matcher of this.#labels) {
      if (view.hasLabel(matcher.name)) own.push(matcher);
      else if (!matcher.holds(labelValue(target, matcher.name))) return [];
    }
    const inherited = own.map(({ name }) => labelValue(target, name)).join('\0');
    let answers = this.#remembered.get(view);
    if (answers === undefined) {
      answers = new Map<string, readonly number[]>();
      this.#remembered.set(view, answers);
    }
    let columns = answers.get(inherited);
    if (columns === undefined) answers.set(inherited, (columns = this.#find(view, own, target)));
    return columns;
  }

  /** Which of the synthetic series are wanted, by their place in {@link SYNTHETIC_SERIES}. */
  syntheticOf(target: LabelSet): number[] {
    // They have no labels but their target's.
    const isWanted = this.#labels.every(({ name, holds }) => holds(labelValue(target, name)));
    return isWanted ? this.#synthetic.map(({ index }) => index) : [];
  }

  #find(view: SchemaView, own: readonly CompiledMatcher[], target: LabelSet): readonly number[] {
    const columns: number[] = [];
    for (const [metric, candidates] of this.#candidates(view)) {
      if (!this.#acceptsName(metric)) continue;
      for (const column of candidates) {
        const labels = own.length === 0 ? undefined : view.labelsAt(column);
        if (own.length > 0 && labels === undefined) continue;
        if (labels === undefined || own.every(({ name, holds }) => holds(inheritedValue(labels, target, name)))) {
          columns.push(column);
        }
      }
    }
    return columns.sort((left, right) => left - right);
  }

  #candidates(view: SchemaView): Iterable<[string, readonly number[]]> {
    const exact = this.#names.find(({ isEquality }) => isEquality);
    if (exact === undefined) return view.columnsByMetric;
    return [[exact.value, view.columnsByMetric.get(exact.value) ?? []]];
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
