import type { LabelSet, Matcher, SeriesSchema } from '@pulsekeeper/model';
import { SchemaView } from '../reader/schema-view.ts';
import { SeriesMatch } from '../reader/series-match.ts';
import { SYNTHETIC_SERIES } from '../reader/synthetic-series.ts';

/** Which series of a target are written as time series, by their place. */
export interface SeriesSelection {
  /** Among the synthetic series. */
  syntheticOf(target: LabelSet): readonly number[];
  /** Among the series of a schema, ascending. */
  columnsOf(schema: SeriesSchema, target: LabelSet): readonly number[];
}

/** Every series. */
export const ALL_SERIES: SeriesSelection = {
  syntheticOf: () => SYNTHETIC_SERIES.map((_, index) => index),
  columnsOf: (schema) => Array.from({ length: schema.size }, (_, column) => column),
};

/** The series that at least one of the selectors accepts. @throws SyntaxError for a regular expression that is none */
export function selectionOf(selectors: readonly (readonly Matcher[])[]): SeriesSelection {
  const matches = selectors.map((matchers) => new SeriesMatch(matchers));
  return {
    syntheticOf: (target) => union(matches.map((match) => match.syntheticOf(target))),
    columnsOf: (schema, target) => {
      const view = new SchemaView(schema);
      return union(matches.map((match) => match.columnsOf(view, target)));
    },
  };
}

function union(lists: readonly (readonly number[])[]): number[] {
  return [...new Set(lists.flat())].sort((left, right) => left - right);
}
