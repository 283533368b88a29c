import { Columns } from './columns.ts';
import type { ExpositionFormat } from './exposition.ts';
import type { ResolvedParseLimits } from './limits.ts';
import { MetadataTable } from './metadata-table.ts';
import { scanOpenMetricsEntry } from './scan-openmetrics.ts';
import { scanTextEntry } from './scan-text.ts';
import { Scanner } from './scanner.ts';
import { SeriesIndex } from './series-index.ts';
import { SeriesKeyWriter } from './series-key.ts';

/**
 * The scratch objects of a full parse. Parsing is synchronous and calls nobody back, so one set serves the whole process
 * and parsers of many targets cost no scratch memory of their own.
 */
export const workspace = {
  scanner: new Scanner(),
  keys: new SeriesKeyWriter(),
  index: new SeriesIndex(),
  metadata: new MetadataTable(),
  columns: new Columns(),
} as const;

/** What tells one way of reading from another. */
export interface ScanSettings {
  readonly format: ExpositionFormat;
  readonly limits: ResolvedParseLimits;
  readonly isStrict: boolean;
}

/** The function that reads entries of a format. */
export function entryScanner(format: ExpositionFormat): (scanner: Scanner) => number {
  return format === 'openmetrics' ? scanOpenMetricsEntry : scanTextEntry;
}
