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

/** The set that is free, if any. */
let idle: Workspace | undefined;

/**
 * Scratch objects that go from parse to parse, so that parsers of many targets cost none of their own. A parse that pauses keeps
 * them; who parses meanwhile gets others.
 */
export function borrowWorkspace(): Workspace {
  const borrowed = idle ?? createWorkspace(0.5);
  idle = undefined;
  return borrowed;
}

/** Gives back what was borrowed. Nobody may use it from now on, nor a view of its memory. */
export function returnWorkspace(borrowed: Workspace): void {
  idle = borrowed;
}

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
