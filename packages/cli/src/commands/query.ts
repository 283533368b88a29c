import type { TargetId } from '@pulsekeeper/model';

import { parseSelectorArgument } from '../arguments/selector.ts';
import { parseDurationOption, parseTimeRange, type TimeRange } from '../arguments/time-range.ts';
import { withStore } from '../cluster/redis.ts';
import { hasFlag, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { alignToStep, LOOKBACK_MS } from '../query/align-to-step.ts';
import { toCsv } from '../query/csv.ts';
import { toMatrix, type MatrixData, type SampledSeries } from '../query/matrix.ts';
import { printMatrix } from './query-table.ts';

const DAY_MS = 86_400_000;
/** As Prometheus: more points of a series than this are a mistake in the step. */
const MAX_STEPS = 11_000;

/** What one query asks for. */
interface Query {
  readonly range: TimeRange;
  readonly stepMs: number | undefined;
}

/** `pulsekeeper query '<selector>'`: the samples of the series that match, as they were scraped or at even steps. */
export async function runQuery(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const matchers = parseSelectorArgument(input.args[0] ?? '');
  const query = readQuery(context, input);
  const isCsv = hasFlag(input, 'csv');
  if (isCsv && output.isJson) {
    throw usageError('--csv and --json exclude each other');
  }
  const { fromMs, untilMs } = query.range;
  // A step looks back from its instant, so the first ones need what was before the range.
  const readFromMs = query.stepMs === undefined ? fromMs : fromMs - LOOKBACK_MS;
  const series: (SampledSeries & { readonly target: TargetId })[] = [];
  await withStore(settings, signal, async ({ reader }) => {
    for await (const result of reader.select(matchers, readFromMs, untilMs, { signal })) {
      series.push({ target: result.target, ...shape(result, query) });
    }
  });
  const matrix = toMatrix(series);
  print(context, matrix, isCsv, query);
  return ExitCode.Good;
}

function print({ output }: CommandContext, matrix: MatrixData, isCsv: boolean, { range }: Query): void {
  if (output.isJson) {
    output.printJson(matrix);
  } else if (isCsv) {
    output.print(toCsv(matrix));
  } else if (matrix.result.length === 0) {
    output.note('no series has samples that match; `pulsekeeper series` lists what there is');
  } else {
    printMatrix(output, matrix, range);
  }
}

function shape(series: SampledSeries, { range, stepMs }: Query): SampledSeries {
  return stepMs === undefined ? series : alignToStep(series, { ...range, stepMs, lookbackMs: LOOKBACK_MS });
}

function readQuery(context: CommandContext, input: CommandInput): Query {
  const since = textOption(input, 'since') ?? '5m';
  const range = parseTimeRange({ since, until: textOption(input, 'until') }, context.now());
  const step = textOption(input, 'step');
  if (step === undefined) {
    return { range, stepMs: undefined };
  }
  const stepMs = parseDurationOption('--step', step, { minMs: 1, maxMs: 365 * DAY_MS });
  const steps = Math.floor((range.untilMs - range.fromMs) / stepMs) + 1;
  if (steps > MAX_STEPS) {
    throw usageError(`--step ${step} makes ${steps} points of each series; at most ${MAX_STEPS} are allowed`);
  }
  // Whole multiples of the step, so that the same question a second later has the same instants.
  return { range: { fromMs: Math.ceil(range.fromMs / stepMs) * stepMs, untilMs: range.untilMs }, stepMs };
}
