import type { MatrixData } from './matrix.ts';

/**
 * Writes a matrix as CSV after RFC 4180, one line a point: `timestamp` (RFC 3339), one column a label name that
 * occurs, `value`. Lines end in CR LF.
 */
export function toCsv(matrix: MatrixData): string {
  const labelNames = [...new Set(matrix.result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const lines = [csvLine(['timestamp', ...labelNames, 'value'])];
  for (const { metric, values } of matrix.result) {
    const labelCells = labelNames.map((name) => metric[name] ?? '');
    for (const [seconds, value] of values) {
      lines.push(csvLine([new Date(Math.round(seconds * 1000)).toISOString(), ...labelCells, value]));
    }
  }
  return lines.join('');
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map(quoteCell).join(',')}\r\n`;
}

function quoteCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
