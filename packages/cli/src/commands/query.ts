import { parseQueryPlan, type QueryPlan } from '../arguments/query-plan.ts';
import { parseSelectorArgument } from '../arguments/selector.ts';
import { withStore } from '../cluster/redis.ts';
import { hasFlag, type CommandContext, type CommandInput } from '../command.ts';
import { usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { toCsv } from '../query/csv.ts';
import { combine, evaluate, reachBackMs } from '../query/evaluate.ts';
import { toMatrix, type MatrixData, type SampledSeries } from '../query/matrix.ts';
import { printMatrix } from './query-table.ts';

/**
 * `pulsekeeper query '<selector>'`: the samples of the series that match, as they were scraped or at even steps, their
 * rates, or several put together.
 */
export async function runQuery(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const matchers = parseSelectorArgument(input.args[0] ?? '');
  const plan = parseQueryPlan(input, context.now());
  const isCsv = hasFlag(input, 'csv');
  if (isCsv && output.isJson) {
    throw usageError('--csv and --json exclude each other');
  }
  const { fromMs, untilMs } = plan.range;
  const series: SampledSeries[] = [];
  const progress = output.progress({ label: 'query', unit: 'series' });
  await withStore(settings, signal, async ({ reader }) => {
    for await (const result of reader.select(matchers, fromMs - reachBackMs(plan), untilMs, { signal })) {
      series.push(evaluate(result, plan));
      progress.advance();
    }
  }).finally(() => progress.done());
  print(context, toMatrix(combine(series, plan)), isCsv, plan);
  return ExitCode.Good;
}

function print({ output }: CommandContext, matrix: MatrixData, isCsv: boolean, plan: QueryPlan): void {
  if (output.isJson) {
    output.printJson(matrix);
  } else if (isCsv) {
    output.print(toCsv(matrix));
  } else if (matrix.result.length === 0) {
    const hint = plan.rateWindowMs === undefined ? '' : ', or there are fewer than two samples within --rate';
    output.note(`no series has samples that match${hint}; \`pulsekeeper series\` lists what there is`);
  } else {
    printMatrix(output, matrix, plan.range);
  }
}
