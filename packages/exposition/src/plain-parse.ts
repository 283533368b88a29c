import type { BodyStore } from './body-store.ts';
import { NEWLINE } from './byte-class.ts';
import { KEYS_LENGTH, LONGEST_LINE, METADATA_COUNT, NEW_AT, ROWS } from './scan-engine.ts';
import type { ScanEngine } from './scan-engine.ts';
import { ENTRY_COMMENT, ENTRY_END, ENTRY_SAMPLE, VALUE } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { hashBytes } from './series-index.ts';
import { SeriesKeyWriter } from './series-key.ts';
import { entryScanner } from './workspace.ts';
import type { ScanSettings, Workspace } from './workspace.ts';

/** What {@link plainParse} returns when the body has more samples than allowed. */
export const TOO_MANY_SAMPLES = -1;

/** Entries, and bytes of them, that go through the scanner in one step: about a millisecond, where each needs decoding. */
const FOREIGN_ENTRIES_A_STEP = 256;
const FOREIGN_BYTES_A_STEP = 16 * 1024;

const foreignKey = new SeriesKeyWriter();

/**
 * Does what `fullParse` does, several times as fast: the engine reads the lines that are written in the plain way of exporters,
 * and only what it leaves goes through the scanner, entry by entry. Rows are gathered in the memory of the engine, a window
 * at a time. Between two windows others may use the engine: there it is a step.
 *
 * @returns how many samples were left out as duplicates, or `TOO_MANY_SAMPLES`, for `fullParse` to say where
 * @throws ParseError, LimitError, as `fullParse` does
 */
export function* plainParse(
  engine: ScanEngine,
  body: BodyStore,
  settings: ScanSettings,
  work: Workspace,
): Generator<undefined, number> {
  const { scanner, keys, index, metadata, columns } = work;
  const { limits, format } = settings;
  scanner.reset(body.bytes, body.length, limits, settings.isStrict);
  keys.clear(body.length * work.keyShare);
  index.clear();
  metadata.clear(format);
  columns.clear();
  const scan = entryScanner(format);
  const isOpenMetrics = format === 'openmetrics';
  const { state } = engine;
  let duplicates = 0;
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
      if (columns.size + duplicates + (state[ROWS] ?? 0) > limits.maxSamples) return TOO_MANY_SAMPLES;
      foreignEntries += readMetadata(engine, work, scan, base);
      if ((state[ROWS] ?? 0) >= engine.windowRows) break;
      // The engine has stopped at something that is not plain, or at a line that goes beyond the window.
      scanner.position = at;
      entry = scan(scanner);
      if (entry === ENTRY_END) break;
      if (entry === ENTRY_SAMPLE) {
        if (!hasRoom(engine, scanner, end - at)) duplicates += flush(engine, work);
        duplicates += addForeign(engine, work);
      } else if (entry !== ENTRY_COMMENT) metadata.add(scanner, entry);
      foreignEntries++;
      foreignBytes += scanner.position - at;
      at = scanner.position;
      // The scanner of the text format stops before the newline, at which the engine would not know how to start.
      if (body.bytes[at] === NEWLINE && at < body.length && !isOpenMetrics) at++;
      if (foreignEntries >= FOREIGN_ENTRIES_A_STEP || foreignBytes >= FOREIGN_BYTES_A_STEP) break;
    }
    scanner.longestLine = Math.max(scanner.longestLine, state[LONGEST_LINE] ?? 0);
    duplicates += flush(engine, work);
    if (columns.size + duplicates > limits.maxSamples) return TOO_MANY_SAMPLES;
    if (entry === ENTRY_END) return duplicates;
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
function readMetadata(engine: ScanEngine, work: Workspace, scan: (scanner: Scanner) => number, base: number): number {
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

/**
 * Adds the sample that the scanner stands on to the rows of the engine; its key is in `foreignKey`.
 * @returns how many duplicates were left out on the way
 */
function addForeign(engine: ScanEngine, work: Workspace): number {
  const { scanner } = work;
  const { state, keys } = engine;
  const start = state[KEYS_LENGTH] ?? 0;
  const end = start + foreignKey.length;
  const value = scanner.numbers[VALUE] ?? NaN;
  const key = foreignKey.buffer.subarray(0, foreignKey.length);
  if (end > keys.length) {
    // No line of that length goes through the engine, so that its hash need not agree with the engine's.
    return addGiant(key, value, work);
  }
  keys.set(key, start);
  const row = state[ROWS] ?? 0;
  engine.keyEnds[row] = end;
  engine.hashes[row] = engine.hashKey(start, end);
  engine.values[row] = value;
  engine.starts[row] = scanner.valueStart;
  engine.timestampsMs[row] = scanner.timestampMs;
  state[ROWS] = row + 1;
  state[KEYS_LENGTH] = end;
  return 0;
}

/** Adds a row past the engine, whose rows must have been flushed. @returns 1 when it is a duplicate, else 0. */
function addGiant(key: Uint8Array, value: number, work: Workspace): number {
  const { scanner, keys, index, columns } = work;
  const start = keys.length;
  keys.append(key);
  if (index.add(keys.buffer, start, keys.length, hashBytes(key, 0, key.length))) {
    columns.push(value, scanner.valueStart, scanner.timestampMs);
    return 0;
  }
  keys.length = start;
  return 1;
}

/** Moves the rows of the engine into the columns. @returns how many were duplicates. */
function flush(engine: ScanEngine, work: Workspace): number {
  const { state, hashes, keyEnds, values, starts, timestampsMs } = engine;
  const { keys, index, columns } = work;
  const rows = state[ROWS] ?? 0;
  const first = keys.length;
  keys.append(engine.keys.subarray(0, state[KEYS_LENGTH]));
  const { buffer } = keys;
  let from = first;
  let to = first;
  let duplicates = 0;
  for (let row = 0; row < rows; row++) {
    const end = first + (keyEnds[row] ?? 0);
    // Behind a duplicate the keys close ranks.
    if (to !== from) buffer.copyWithin(to, from, end);
    const length = end - from;
    if (index.add(buffer, to, to + length, hashes[row] ?? 0)) {
      columns.push(values[row] ?? NaN, starts[row] ?? 0, timestampsMs[row] ?? NaN);
      to += length;
    } else duplicates++;
    from = end;
  }
  keys.length = to;
  state[ROWS] = 0;
  state[KEYS_LENGTH] = 0;
  return duplicates;
}
