import { formatSeriesKey } from '@pulsekeeper/model';

import type { TimeRange } from '../arguments/time-range.ts';
import { formatClock, formatInstant } from '../output/format-age.ts';
import type { Output } from '../output/output.ts';
import type { MatrixData, MatrixSeries } from '../query/matrix.ts';
import { sparkline } from '../query/sparkline.ts';

/** A single series is shown point by point, on a terminal up to so many. */
const MAX_POINTS_SHOWN = 40;
const PLOT_WIDTH = 16;

/** Prints a matrix for people: one series as its points, several as one line each with a small plot. */
export function printMatrix(output: Output, matrix: MatrixData, range: TimeRange): void {
  const [only] = matrix.result;
  if (matrix.result.length === 1 && only !== undefined) {
    printPoints(output, only);
    return;
  }
  const hasPlot = output.isTerminal;
  output.printTable(
    [
      { header: 'SERIES', value: ({ metric }: MatrixSeries) => formatSeriesKey(metric), minWidth: 58, cut: 'middle' },
      { header: 'POINTS', value: ({ values }) => String(values.length), align: 'right', dropOrder: 2 },
      { header: 'LATEST', value: ({ values }) => values.at(-1)?.[1] ?? '', align: 'right' },
      { header: 'AT', value: ({ values }) => clockOf(values.at(-1)), dropOrder: 1 },
      ...(hasPlot
        ? [{ header: 'PLOT', value: (series: MatrixSeries) => plotOf(series, PLOT_WIDTH), dropOrder: 3 }]
        : []),
    ],
    matrix.result,
  );
  output.printLine(`${matrix.result.length} series, ${formatInstant(range.fromMs)} to ${formatInstant(range.untilMs)}`);
}

function printPoints(output: Output, series: MatrixSeries): void {
  output.printParagraph('', formatSeriesKey(series.metric), output.palette.bold);
  if (output.isTerminal) {
    output.printLine(plotOf(series, output.width ?? PLOT_WIDTH));
  }
  const shown = output.isTerminal ? series.values.slice(-MAX_POINTS_SHOWN) : series.values;
  if (shown.length < series.values.length) {
    output.printLine(output.palette.dim(`… ${series.values.length - shown.length} earlier points; --csv prints all`));
  }
  output.printTable(
    [
      { header: 'TIME', value: ([seconds]) => formatInstant(Math.round(seconds * 1000)) },
      { header: 'VALUE', value: ([, value]) => value, align: 'right' },
    ],
    shown,
  );
}

function plotOf({ values }: MatrixSeries, width: number): string {
  return sparkline(
    values.map(([, value]) => Number(value.replace('Inf', 'Infinity'))),
    width,
  );
}

function clockOf(point: readonly [number, string] | undefined): string {
  return point === undefined ? '' : formatClock(Math.round(point[0] * 1000));
}
