import { formatSeriesKey } from '@pulsekeeper/model';

import type { TimeRange } from '../arguments/time-range.ts';
import { cutToWidth } from '../output/display-width.ts';
import { formatClock, formatInstant } from '../output/format-age.ts';
import type { Output } from '../output/output.ts';
import { splitCommonLabels } from '../query/common-labels.ts';
import type { MatrixData, MatrixSeries } from '../query/matrix.ts';
import { sparkline } from '../query/sparkline.ts';

/** A single series is shown point by point, on a terminal up to so many. */
const MAX_POINTS_SHOWN = 40;
const PLOT_WIDTH = 16;
/** A terminal narrower than this has plots of half the width. */
const WIDE_ENOUGH = 60;
/** The names of series keep this part of the terminal, and up to the other one where that tells them apart. */
const LEAST_SHARE = 0.3;
const MOST_SHARE = 0.6;
/** Of the least and the greatest value beside a plot. */
const DIGITS = 4;

/** Prints a matrix for people: one series as its points, several as one line each with a small plot. */
export function printMatrix(output: Output, matrix: MatrixData, range: TimeRange): void {
  const [only] = matrix.result;
  if (matrix.result.length === 1 && only !== undefined) {
    printPoints(output, only);
    return;
  }
  if (output.width === undefined) {
    printWhole(output, matrix.result);
  } else {
    printPlotted(output, matrix.result, output.width);
  }
  const span = `${formatInstant(range.fromMs)} to ${formatInstant(range.untilMs)}`;
  output.printParagraph('', `${matrix.result.length} series, ${span}`);
}

/** For a file or a pipe: every series in full. */
function printWhole(output: Output, series: readonly MatrixSeries[]): void {
  output.printTable(
    [
      { header: 'SERIES', value: ({ metric }) => formatSeriesKey(metric) },
      { header: 'POINTS', value: ({ values }) => String(values.length), align: 'right' },
      { header: 'LATEST', value: ({ values }) => values.at(-1)?.[1] ?? '', align: 'right' },
      { header: 'AT', value: ({ values }) => clockOf(values.at(-1)) },
    ],
    series,
  );
}

/** For a terminal: what the series have alike stands above, and each line has what tells it from the others. */
function printPlotted(output: Output, series: readonly MatrixSeries[], width: number): void {
  const { common, differing } = splitCommonLabels(series.map(({ metric }) => metric));
  if (Object.keys(common).length > 0) {
    output.printParagraph('', formatSeriesKey(common), output.palette.bold);
  }
  const rows = series.map(({ values }, index) => ({ values, name: formatSeriesKey(differing[index] ?? {}) }));
  const plotWidth = width < WIDE_ENOUGH ? PLOT_WIDTH / 2 : PLOT_WIDTH;
  output.printTable(
    [
      {
        header: 'SERIES',
        value: ({ name }) => name,
        minWidth: tellingWidth(
          rows.map(({ name }) => name),
          width,
        ),
      },
      { header: 'POINTS', value: ({ values }) => String(values.length), align: 'right', dropOrder: 2 },
      { header: 'LATEST', value: ({ values }) => values.at(-1)?.[1] ?? '', align: 'right', minWidth: 10 },
      { header: 'AT', value: ({ values }) => clockOf(values.at(-1)), dropOrder: 3 },
      { header: 'PLOT', value: ({ values }) => plotOf(values, plotWidth), dropOrder: 0 },
      { header: 'MIN … MAX', value: ({ values }) => spanOf(values), dropOrder: 1 },
    ],
    rows,
  );
}

/** The least width at which cut names still differ, within what the terminal can spare beside the values and the plot. */
function tellingWidth(names: readonly string[], width: number): number {
  const [least, most] = [Math.floor(width * LEAST_SHARE), Math.floor(width * MOST_SHARE)];
  for (let tried = least; tried < most; tried += 1) {
    if (new Set(names.map((name) => cutToWidth(name, tried))).size === names.length) {
      return tried;
    }
  }
  return most;
}

function printPoints(output: Output, series: MatrixSeries): void {
  output.printParagraph('', formatSeriesKey(series.metric), output.palette.bold);
  if (output.isTerminal) {
    output.printLine(plotOf(series.values, output.width ?? PLOT_WIDTH));
    output.printLine(output.palette.dim(`min … max: ${spanOf(series.values)}`));
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

function plotOf(values: MatrixSeries['values'], width: number): string {
  return sparkline(numbersOf(values), width);
}

/** The least and the greatest of the finite values, which the plot lies between, in a few digits. */
function spanOf(values: MatrixSeries['values']): string {
  const finite = numbersOf(values).filter(Number.isFinite);
  if (finite.length === 0) {
    return '-';
  }
  const [least, greatest] = finite.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return `${shorten(least)} … ${shorten(greatest)}`;
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

function numbersOf(values: MatrixSeries['values']): number[] {
  return values.map(([, value]) => Number(value.replace('Inf', 'Infinity')));
}

function clockOf(point: readonly [number, string] | undefined): string {
  return point === undefined ? '' : formatClock(Math.round(point[0] * 1000));
}
