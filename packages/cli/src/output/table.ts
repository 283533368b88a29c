import { escapeUnsafe } from '@pulsekeeper/model';

import { cutToWidth, displayWidth, padToWidth } from './display-width.ts';
import { PLAIN_PALETTE, type Paint, type Palette } from './palette.ts';

/** One column of a table of `Row`s. */
export interface Column<Row> {
  readonly header: string;
  /** The cell's text; control characters are escaped by the table. */
  readonly value: (row: Row) => string;
  /** @defaultValue 'left' */
  readonly align?: 'left' | 'right' | undefined;
  /** The least width that the column may shrink to when the table is wider than the terminal. Without it, it never shrinks. */
  readonly minWidth?: number | undefined;
  /** Which part of a shrunk cell is left out. @defaultValue 'end' */
  readonly cut?: 'end' | 'middle' | undefined;
  /** Columns that may go when shrinking is not enough: the one with the highest number goes first. */
  readonly dropOrder?: number | undefined;
  /** How the cell is painted; applied after the padding, so it never changes a width. */
  readonly paint?: ((row: Row, palette: Palette) => Paint) | undefined;
}

/** How a table is laid out. */
export interface TableOptions {
  /** The columns of the terminal. @defaultValue no limit: output to a file or a pipe is never cut */
  readonly width?: number | undefined;
  /** @defaultValue no colours */
  readonly palette?: Palette | undefined;
}

const GAP = '  ';

/**
 * Lays rows out as text, one line a row below a header line, each line ended by a newline.
 *
 * Cells are measured in terminal columns. When the table is wider than `width`, the widest shrinkable column gives
 * way first, then columns with a `dropOrder` go; a table that still does not fit is left to wrap rather than to lie.
 * `O(rows × columns)`.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string {
  const palette = options.palette ?? PLAIN_PALETTE;
  const laidOut = layOut(columns, rows, options.width ?? Number.POSITIVE_INFINITY);
  const lines = [laidOut.map(({ column, width }, index) => headerCell(column, width, isLast(laidOut, index), palette))];
  for (const [rowIndex, row] of rows.entries()) {
    lines.push(
      laidOut.map(({ column, width, cells }, index) => {
        const text = cutToWidth(cells[rowIndex] ?? '', width, column.cut);
        const padded =
          isLast(laidOut, index) && column.align !== 'right' ? text : padToWidth(text, width, column.align);
        return column.paint === undefined ? padded : column.paint(row, palette)(padded);
      }),
    );
  }
  return lines.map((cells) => `${cells.join(GAP).trimEnd()}\n`).join('');
}

interface LaidOutColumn<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  width: number;
}

function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): LaidOutColumn<Row>[] {
  let laidOut = columns.map((column) => {
    const cells = rows.map((row) => escapeUnsafe(column.value(row)));
    return { column, cells, width: Math.max(displayWidth(column.header), ...widths(cells)) };
  });
  while (excess(laidOut, width) > shrinkable(laidOut)) {
    const toDrop = laidOut
      .filter(({ column }) => column.dropOrder !== undefined)
      .sort((a, b) => (b.column.dropOrder ?? 0) - (a.column.dropOrder ?? 0))[0];
    if (toDrop === undefined) {
      break;
    }
    laidOut = laidOut.filter((entry) => entry !== toDrop);
  }
  shrink(laidOut, excess(laidOut, width));
  return laidOut;
}

/** Takes `amount` columns away, always one from the column that is widest at that moment. */
function shrink<Row>(laidOut: readonly LaidOutColumn<Row>[], amount: number): void {
  for (let left = amount; left > 0; left -= 1) {
    let widest: LaidOutColumn<Row> | undefined;
    for (const entry of laidOut) {
      if (slack(entry) > 0 && entry.width > (widest?.width ?? 0)) {
        widest = entry;
      }
    }
    if (widest === undefined) {
      return;
    }
    widest.width -= 1;
  }
}

function widths(cells: readonly string[]): number[] {
  // Reduced rather than spread into Math.max: 50,000 rows are more arguments than a call takes.
  return [cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell)), 0)];
}

function slack<Row>({ column, width }: LaidOutColumn<Row>): number {
  return column.minWidth === undefined ? 0 : Math.max(0, width - Math.max(column.minWidth, 1));
}

function shrinkable<Row>(laidOut: readonly LaidOutColumn<Row>[]): number {
  return laidOut.reduce((sum, entry) => sum + slack(entry), 0);
}

function excess<Row>(laidOut: readonly LaidOutColumn<Row>[], width: number): number {
  const total = laidOut.reduce((sum, entry) => sum + entry.width, 0) + GAP.length * Math.max(0, laidOut.length - 1);
  return Math.max(0, total - width);
}

function headerCell<Row>(column: Column<Row>, width: number, isLastColumn: boolean, palette: Palette): string {
  const text = cutToWidth(column.header, width);
  return palette.dim(isLastColumn && column.align !== 'right' ? text : padToWidth(text, width, column.align));
}

function isLast(columns: readonly unknown[], index: number): boolean {
  return index === columns.length - 1;
}
