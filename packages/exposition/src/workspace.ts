import { Columns } from './columns.ts';
import type { ExpositionFormat } from './exposition.ts';
import type { ResolvedParseLimits } from './limits.ts';
import { MetadataTable } from './metadata-table.ts';
import { scanOpenMetricsEntry } from './scan-openmetrics.ts';
import { scanTextEntry } from './scan-text.ts';
import { Scanner } from './scanner.ts';
import { SeriesIndex } from './series-index.ts';
import { SeriesKeyWriter } from './series-key.ts';

/** The scratch objects of a full parse. */
export interface Workspace {
  readonly scanner: Scanner;
  readonly keys: SeriesKeyWriter;
  readonly index: SeriesIndex;
  readonly metadata: MetadataTable;
  readonly columns: Columns;
  /** Room for keys at first, as a part of the body. */
  readonly keyShare: number;
}

/**
 * Scratch objects for a parse that others may come in between of. Keys find room without moving, since the memory that they
 * do not need is never touched, and so takes none.
 */
export function createWorkspace(keyShare = 1): Workspace {
  return {
    scanner: new Scanner(),
    keys: new SeriesKeyWriter(),
    index: new SeriesIndex(),
    metadata: new MetadataTable(),
    columns: new Columns(),
    keyShare,
  };
}

/**
 * What every parse uses that is done in one go: nobody comes in between, so one set serves the whole process and parsers of
 * many targets cost no scratch memory of their own.
 */
export const workspace = createWorkspace(0.5);

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
