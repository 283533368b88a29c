import type { BodyStore } from './body-store.ts';
import { NEWLINE } from './byte-class.ts';
import { KEYS_LENGTH, LONGEST_LINE, METADATA_COUNT, NEW_AT, ROWS } from './scan-engine.ts';
import type { ScanEngine } from './scan-engine.ts';
import { ENTRY_COMMENT, ENTRY_END, ENTRY_SAMPLE, VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { SeriesKeyWriter } from './series-key.ts';
import { entryScanner } from './workspace.ts';
import type { ScanSettings, Workspace } from './workspace.ts';

/** Takes the samples of a body, in their order. */
export interface RowSink {
  /** How many it has taken. */
  readonly count: number;
  /** Takes the rows that the engine has gathered. @returns whether it wants more */
  take(engine: ScanEngine): boolean;
  /** Takes the one that the scanner stands on, whose key is too long for the engine. @returns whether it wants more */
  takeGiant(key: Uint8Array, scanner: Scanner): boolean;
}

/** How {@link plainRows} ends. */
export type RowsEnd = 'all' | 'stopped' | 'too many samples';

/** Entries, and bytes of them, that go through the scanner in one step: about a millisecond, where each needs decoding. */
const FOREIGN_ENTRIES_A_STEP = 256;
const FOREIGN_BYTES_A_STEP = 16 * 1024;

const foreignKey = new SeriesKeyWriter();

/**
 * Reads a whole body: the engine the lines that are written in the plain way of exporters, and the scanner only what the engine
 * leaves, entry by entry. Rows are gathered in the memory of the engine, a window at a time, and go to the sink. Between two
 * windows others may use the engine: there it is a step.
 *
 * @param work metadata lines go into its table
 * @throws ParseError, LimitError, as `fullParse` does
 */
export function* plainRows(
  engine: ScanEngine,
  body: BodyStore,
  settings: ScanSettings,
  work: Pick<Workspace, 'scanner' | 'metadata'>,
  sink: RowSink,
): Generator<undefined, RowsEnd> {
  const { scanner, metadata } = work;
  const { limits, format } = settings;
  scanner.reset(body.bytes, body.length, limits, settings.isStrict);
  metadata.clear(format);
  const scan = entryScanner(format);
  const isOpenMetrics = format === 'openmetrics';
  const { state } = engine;
  for (let base = 0; ;) {
    const end = Math.min(body.length, base + engine.windowBytes);
    engine.fillWindow(engine.newBody, body.bytes, base, end);
    state.fill(0);
    let at = base;
    let entry = ENTRY_COMMENT;
    let foreignEntries = 0;
    let foreignBytes = 0;
    while (at < end || end === body.length) {
      if (at < end) at = base + readPlain(engine, at - base, end - base, base, settings);
      if (sink.count + (state[ROWS] ?? 0) > limits.maxSamples) return 'too many samples';
      foreignEntries += readMetadata(engine, work, scan, base);
      if ((state[ROWS] ?? 0) >= engine.windowRows) break;
      // The engine has stopped at something that is not plain, or at a line that goes beyond the window.
      scanner.position = at;
      entry = scan(scanner);
      if (entry === ENTRY_END) break;
      if (entry === ENTRY_SAMPLE) {
        if (!hasRoom(engine, scanner, end - at) && !sink.take(engine)) return 'stopped';
        if (!addForeign(engine, scanner, sink)) return 'stopped';
      } else if (entry !== ENTRY_COMMENT) metadata.add(scanner, entry);
      foreignEntries++;
      foreignBytes += scanner.position - at;
      at = scanner.position;
      // The scanner of the text format stops before the newline, at which the engine would not know how to start.
      if (body.bytes[at] === NEWLINE && at < body.length && !isOpenMetrics) at++;
      if (foreignEntries >= FOREIGN_ENTRIES_A_STEP || foreignBytes >= FOREIGN_BYTES_A_STEP) break;
    }
    scanner.longestLine = Math.max(scanner.longestLine, state[LONGEST_LINE] ?? 0);
    if (!sink.take(engine)) return 'stopped';
    if (sink.count > limits.maxSamples) return 'too many samples';
    if (entry === ENTRY_END) return 'all';
    base = at;
    yield;
  }
}

/** Lets the engine read from `start` in the window. @returns where it has stopped. */
function readPlain(engine: ScanEngine, start: number, length: number, base: number, settings: ScanSettings): number {
  const { maxLabels, maxLabelNameBytes, maxLabelValueBytes, maxLineBytes } = settings.limits;
  engine.state[NEW_AT] = start;
  engine.readPlainLines(
    length,
    base,
    settings.format === 'openmetrics',
    toInt32(maxLabels),
    toInt32(maxLabelNameBytes),
    toInt32(maxLabelValueBytes),
    toInt32(maxLineBytes),
  );
  return engine.state.at(NEW_AT) ?? length;
}

/** A limit, which may be infinite, as the engine takes it: no body comes near what is cut off. */
function toInt32(limit: number): number {
  return Math.min(limit, 2 ** 31 - 1);
}

/** Reads the metadata lines that the engine has passed. @returns how many. */
function readMetadata(
  engine: ScanEngine,
  work: Pick<Workspace, 'scanner' | 'metadata'>,
  scan: (scanner: Scanner) => number,
  base: number,
): number {
  const { scanner, metadata } = work;
  const count = engine.state[METADATA_COUNT] ?? 0;
  for (let i = 0; i < count; i++) {
    scanner.position = base + (engine.metadata[i] ?? 0);
    const entry = scan(scanner);
    // UNIT is an ordinary comment in the text format.
    if (entry !== ENTRY_COMMENT) metadata.add(scanner, entry);
  }
  engine.state[METADATA_COUNT] = 0;
  return count;
}

/** Whether the row of one more sample fits behind those of the engine, and whatever the engine may read still. */
function hasRoom(engine: ScanEngine, scanner: Scanner, bytesLeft: number): boolean {
  foreignKey.length = 0;
  foreignKey.write(scanner);
  const { state } = engine;
  return (
    (state[ROWS] ?? 0) < engine.windowRows &&
    (state[KEYS_LENGTH] ?? 0) + foreignKey.length + bytesLeft <= engine.windowBytes
  );
}

/** Adds the sample that the scanner stands on; its key is in `foreignKey`. @returns whether the sink wants more */
function addForeign(engine: ScanEngine, scanner: Scanner, sink: RowSink): boolean {
  const { state, keys } = engine;
  const start = state[KEYS_LENGTH] ?? 0;
  const end = start + foreignKey.length;
  const key = foreignKey.buffer.subarray(0, foreignKey.length);
  // No line of that length goes through the engine, so that its hash need not agree with the engine's.
  if (end > keys.length) return sink.takeGiant(key, scanner);
  keys.set(key, start);
  const row = state[ROWS] ?? 0;
  engine.keyEnds[row] = end;
  engine.hashes[row] = engine.hashKey(start, end);
  engine.values[row] = scanner.numbers[VALUE] ?? NaN;
  engine.starts[row] = scanner.valueStart;
  engine.timestampsMs[row] = scanner.timestampMs;
  state[ROWS] = row + 1;
  state[KEYS_LENGTH] = end;
  return true;
}
