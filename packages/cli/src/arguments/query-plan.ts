import { isClassicLabelName } from '@pulsekeeper/model';

import { listOption, textOption, type CommandInput } from '../command.ts';
import { usageError } from '../errors.ts';
import { AGGREGATIONS, type Aggregation } from '../query/aggregate.ts';
import { parseDurationOption, parseTimeRange, type TimeRange } from './time-range.ts';

/** What one query asks for. */
export interface QueryPlan {
  /** With a step, it begins at a whole multiple of it; with one longer than the range at the last before its end. */
  readonly range: TimeRange;
  /** `undefined` for the samples as they were scraped. */
  readonly stepMs: number | undefined;
  /** Over how long before each instant a rate is taken. */
  readonly rateWindowMs: number | undefined;
  readonly aggregation: { readonly function: Aggregation; readonly by: readonly string[] } | undefined;
}

const DAY_MS = 86_400_000;
const DURATION_BOUNDS = { minMs: 1, maxMs: 365 * DAY_MS };
/** As Prometheus: more points of a series than this are a mistake in the step. */
const MAX_STEPS = 11_000;
/** Where the step is left open: so many points fill a terminal and are soon computed. */
const DEFAULT_STEPS = 60;

/**
 * Reads `--since`, `--until`, `--step`, `--rate`, `--aggregate` and `--by`.
 *
 * @throws CliError `Usage` that names the option, the value and what is allowed
 */
export function parseQueryPlan(input: CommandInput, nowMs: number): QueryPlan {
  const range = parseTimeRange({ since: textOption(input, 'since') ?? '5m', until: textOption(input, 'until') }, nowMs);
  const rate = textOption(input, 'rate');
  const rateWindowMs = rate === undefined ? undefined : parseDurationOption('--rate', rate, DURATION_BOUNDS);
  const aggregation = parseAggregation(input);
  const isComputed = rateWindowMs !== undefined || aggregation !== undefined;
  const stepMs = parseStep(textOption(input, 'step'), range, isComputed);
  if (stepMs === undefined) {
    return { range, stepMs, rateWindowMs, aggregation };
  }
  // Whole multiples of the step, so that the same question a second later has the same instants.
  // A step longer than the range leaves one instant, its last.
  const lastMs = Math.floor(range.untilMs / stepMs) * stepMs;
  const fromMs = Math.min(Math.ceil(range.fromMs / stepMs) * stepMs, lastMs);
  return { range: { fromMs, untilMs: range.untilMs }, stepMs, rateWindowMs, aggregation };
}

function parseStep(text: string | undefined, { fromMs, untilMs }: TimeRange, isComputed: boolean): number | undefined {
  if (text === undefined) {
    return isComputed ? Math.max(1, Math.ceil((untilMs - fromMs) / DEFAULT_STEPS / 1000)) * 1000 : undefined;
  }
  const stepMs = parseDurationOption('--step', text, DURATION_BOUNDS);
  const steps = Math.floor((untilMs - fromMs) / stepMs) + 1;
  if (steps > MAX_STEPS) {
    throw usageError(`--step ${text} makes ${steps} points of each series; at most ${MAX_STEPS} are allowed`);
  }
  return stepMs;
}

function parseAggregation(input: CommandInput): QueryPlan['aggregation'] {
  const by = listOption(input, 'by').flatMap((list) => list.split(','));
  const wrong = by.find((name) => !isClassicLabelName(name));
  if (wrong !== undefined) {
    throw usageError(`--by "${wrong}": expected names of labels, several with commas`);
  }
  const text = textOption(input, 'aggregate');
  if (text === undefined) {
    if (by.length > 0) {
      throw usageError(`--by needs --aggregate, one of ${AGGREGATIONS.join(', ')}`);
    }
    return undefined;
  }
  const known = AGGREGATIONS.find((name) => name === text);
  if (known === undefined) {
    throw usageError(`--aggregate "${text}": expected one of ${AGGREGATIONS.join(', ')}`);
  }
  return { function: known, by };
}
