import { formatSeriesKey } from '@pulsekeeper/model';

import type { QueryPlan } from '../arguments/query-plan.ts';
import { usageError } from '../errors.ts';
import { aggregate } from './aggregate.ts';
import { alignToStep, LOOKBACK_MS } from './align-to-step.ts';
import type { SampledSeries } from './matrix.ts';
import { rateOf } from './rate.ts';

/** How long before the range of a query samples must be read for its first instants to be complete, in milliseconds. */
export function reachBackMs({ stepMs, rateWindowMs }: QueryPlan): number {
  return stepMs === undefined ? 0 : (rateWindowMs ?? LOOKBACK_MS);
}

/** One series as a query shows it, before any aggregation: as it is, at even steps, or its rate there. */
export function evaluate(series: SampledSeries, { range, stepMs, rateWindowMs }: QueryPlan): SampledSeries {
  if (stepMs === undefined) {
    return series;
  }
  return rateWindowMs === undefined
    ? alignToStep(series, { ...range, stepMs, lookbackMs: LOOKBACK_MS })
    : rateOf(series, { ...range, stepMs, windowMs: rateWindowMs });
}

/**
 * What a query answers with, from its evaluated series.
 *
 * @throws CliError `Usage` when series of several metrics cannot be told apart once their names are gone
 */
export function combine(series: readonly SampledSeries[], { aggregation, rateWindowMs }: QueryPlan): SampledSeries[] {
  const known = series.filter(({ values }) => values.length > 0);
  if (aggregation !== undefined) {
    return aggregate(known, aggregation.function, aggregation.by);
  }
  if (rateWindowMs !== undefined) {
    refuseTwins(known);
  }
  return known;
}

function refuseTwins(series: readonly SampledSeries[]): void {
  const seen = new Set<string>();
  for (const { labels } of series) {
    const key = formatSeriesKey(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
    if (seen.has(key)) {
      throw usageError(`several metrics match, and their rates have the same labels ${key}; name one metric`);
    }
    seen.add(key);
  }
}
