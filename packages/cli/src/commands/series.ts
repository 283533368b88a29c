import { escapeUnsafe, formatSeriesKey, type LabelSet } from '@pulsekeeper/model';

import { parseSelectorArgument } from '../arguments/selector.ts';
import { withStore } from '../cluster/redis.ts';
import type { CommandContext, CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { compareLabels } from '../query/matrix.ts';

/** `pulsekeeper series '<selector>'`: the series that match, from the index, without their samples. */
export async function runSeries(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const matchers = parseSelectorArgument(input.args[0] ?? '');
  const found = await withStore(settings, signal, ({ reader }) => reader.seriesOf(matchers, { signal }));
  const series: LabelSet[] = found.map(({ labels }) => labels).sort(compareLabels);
  if (output.isJson) {
    output.printJson(series);
  } else if (series.length === 0) {
    output.note('no series matches; `pulsekeeper labels __name__` lists the names of metrics');
  } else {
    output.print(series.map((labels) => `${escapeUnsafe(formatSeriesKey(labels))}\n`).join(''));
  }
  return ExitCode.Good;
}
