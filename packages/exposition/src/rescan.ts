import type { BodyStore } from './body-store.ts';
import { NEWLINE } from './byte-class.ts';
import { ExpositionError } from './errors.ts';
import {
  ALL_READ,
  CHANGED_COUNT,
  GROWTH,
  NEW_AT,
  OLD_AT,
  ROWS,
  scanEngine,
  setTailReader,
  WALK_FAILED,
} from './scan-engine.ts';
import type { ScanEngine } from './scan-engine.ts';
import { scanOpenMetricsSuffix } from './scan-openmetrics.ts';
import { scanTextSuffix } from './scan-text.ts';
import { Scanner, VALUE } from './scanner.ts';
import type { ScanSettings } from './workspace.ts';

/** What a rescan has to know about the body before, and brings up to date. */
export interface BodyLayout {
  /** Where each series has its value. */
  readonly valueStarts: Uint32Array;
  /** No entry is longer; all may be shorter. */
  longestLine: number;
}

/** Values and timestamps of one body. */
export interface Readings {
  readonly values: Float64Array;
  /** NaN where a sample has none; `undefined` when no sample has one. */
  readonly timestampsMs: Float64Array | undefined;
}

/** What a body says anew. */
export interface Rescan extends Readings {
  /** Indices of the values that changed, ascending. */
  readonly changed: Uint32Array;
}

/** Of the reader of tails, which nobody comes in between of. */
const scanner = new Scanner();

/** What the reader of tails has to know about the walk that calls it. */
const current = {
  settings: undefined as ScanSettings | undefined,
  /** Bytes in the new window. */
  newLength: 0,
  hasTimestamps: false,
};

/**
 * Reads `body` by its difference from the body `before`.
 *
 * Both are walked together from mismatch to mismatch; what is equal needs no look at what it means. A mismatch in the tail of
 * a line (value, timestamp, exemplar) has that tail read anew, and the walk goes on at its newline. Any other mismatch is
 * a change of structure, and the caller parses in full. Since reading a line depends on nothing but its own bytes, the result
 * is what a full parse gives. The walk itself is WebAssembly, over windows of the bodies copied into its memory: copying costs
 * a tenth of comparing, and so the memory is one for all bodies and of one size.
 *
 * @param layout of the body before; made that of the new one
 * @returns `undefined` when the bodies differ in more than the tails of lines; `layout` is then spoiled
 */
export function* rescan(
  before: BodyStore,
  body: Uint8Array,
  layout: BodyLayout,
  settings: ScanSettings,
  readings: Readings,
): Generator<undefined, Rescan | undefined> {
  const engine = scanEngine();
  if (engine === undefined) return undefined;
  const isOneWindow =
    body.length <= engine.windowBytes &&
    before.bytes.length <= engine.windowBytes &&
    layout.valueStarts.length <= engine.windowRows;
  const result = isOneWindow
    ? rescanAtOnce(engine, before, body, layout, settings, readings)
    : yield* rescanInWindows(engine, before, body, layout, settings, readings);
  // Whether a line has become too long is for the full parse to say, which also finds the true length of the longest.
  return layout.longestLine > settings.limits.maxLineBytes ? undefined : result;
}

/** The whole bodies in one window: what small targets cost is the number of calls made here. */
function rescanAtOnce(
  engine: ScanEngine,
  before: BodyStore,
  body: Uint8Array,
  layout: BodyLayout,
  settings: ScanSettings,
  readings: Readings,
): Rescan | undefined {
  const { state } = engine;
  const { values, timestampsMs } = readings;
  const rows = values.length;
  engine.oldBody.set(before.bytes);
  engine.newBody.set(body);
  engine.newBody[body.length] = NEWLINE;
  engine.starts.set(layout.valueStarts);
  engine.values.set(values);
  if (timestampsMs !== undefined) engine.timestampsMs.set(timestampsMs);
  state.fill(0);
  expectTails(settings, body.length, timestampsMs !== undefined);
  const isOpenMetrics = settings.format === 'openmetrics';
  const hasTimestamps = timestampsMs !== undefined;
  const outcome = engine.walk(before.length, body.length, true, true, rows, 0, 0, hasTimestamps, isOpenMetrics);
  if (outcome !== ALL_READ) return undefined;
  layout.longestLine += state[GROWTH] ?? 0;
  layout.valueStarts.set(engine.starts.subarray(0, rows));
  return {
    values: engine.values.slice(0, rows),
    timestampsMs: hasTimestamps ? engine.timestampsMs.slice(0, rows) : undefined,
    changed: engine.changed.slice(0, state[CHANGED_COUNT]),
  };
}

/** Bodies of any size, a window after the other; each is a step, since others may use the engine in between. */
function* rescanInWindows(
  engine: ScanEngine,
  before: BodyStore,
  body: Uint8Array,
  layout: BodyLayout,
  settings: ScanSettings,
  readings: Readings,
): Generator<undefined, Rescan | undefined> {
  const { state } = engine;
  const values = readings.values.slice();
  const timestampsMs = readings.timestampsMs?.slice();
  const hasTimestamps = timestampsMs !== undefined;
  const isOpenMetrics = settings.format === 'openmetrics';
  const changed: Uint32Array[] = [];
  let oldBase = 0;
  let newBase = 0;
  let firstRow = 0;
  for (;;) {
    const rows = Math.min(values.length - firstRow, engine.windowRows);
    // The old window ends before the first value that is not among its rows.
    const nextStart = layout.valueStarts[firstRow + rows] ?? Infinity;
    const oldEnd = Math.min(before.length, oldBase + engine.windowBytes, nextStart);
    const newEnd = Math.min(body.length, newBase + engine.windowBytes);
    const oldLength = engine.fillWindow(engine.oldBody, before.bytes, oldBase, oldEnd);
    const newLength = engine.fillWindow(engine.newBody, body, newBase, newEnd);
    engine.starts.set(layout.valueStarts.subarray(firstRow, firstRow + rows));
    engine.values.set(values.subarray(firstRow, firstRow + rows));
    if (hasTimestamps) engine.timestampsMs.set(timestampsMs.subarray(firstRow, firstRow + rows));
    state.fill(0);
    expectTails(settings, newLength, hasTimestamps);
    const isOldLast = oldEnd === before.length;
    const isNewLast = newEnd === body.length;
    const outcome = engine.walk(
      oldLength,
      newLength,
      isOldLast,
      isNewLast,
      rows,
      oldBase,
      newBase,
      hasTimestamps,
      isOpenMetrics,
    );
    const oldRead = state[OLD_AT] ?? 0;
    const newRead = state[NEW_AT] ?? 0;
    const rowsRead = state[ROWS] ?? 0;
    // A line longer than a window makes no progress.
    if (outcome === WALK_FAILED || (outcome !== ALL_READ && oldRead + newRead === 0)) return undefined;
    layout.longestLine += state[GROWTH] ?? 0;
    layout.valueStarts.set(engine.starts.subarray(0, rowsRead), firstRow);
    values.set(engine.values.subarray(0, rowsRead), firstRow);
    if (hasTimestamps) timestampsMs.set(engine.timestampsMs.subarray(0, rowsRead), firstRow);
    const base = firstRow;
    changed.push(engine.changed.subarray(0, state[CHANGED_COUNT]).map((row) => row + base));
    if (outcome === ALL_READ) return { values, timestampsMs, changed: concatenate(changed) };
    oldBase += oldRead;
    newBase += newRead;
    firstRow += rowsRead;
    yield;
  }
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of parts) {
    whole.set(part, length);
    length += part.length;
  }
  return whole;
}

/** Makes ready for the tails that the walk of a window leaves to {@link readTail}. */
function expectTails(settings: ScanSettings, newLength: number, hasTimestamps: boolean): void {
  setTailReader(readTail);
  current.settings = settings;
  current.newLength = newLength;
  current.hasTimestamps = hasTimestamps;
}

/** Reads a tail that holds more than plain numbers: exemplars, long or special numbers, blanks. */
function readTail(start: number, row: number): number {
  const { settings } = current;
  const engine = scanEngine();
  if (engine === undefined || settings === undefined) return WALK_FAILED;
  scanner.reset(engine.newBody, current.newLength, settings.limits, settings.isStrict);
  scanner.entryStart = start;
  try {
    if (settings.format === 'openmetrics') scanOpenMetricsSuffix(scanner, start - 1);
    else scanTextSuffix(scanner, start);
  } catch (error) {
    // The full parse comes to the same line, and knows its number.
    if (error instanceof ExpositionError) return WALK_FAILED;
    throw error;
  }
  // With or without timestamp: that is structure too.
  const hadTimestamp = current.hasTimestamps && !Number.isNaN(engine.timestampsMs[row]);
  if (hadTimestamp !== scanner.timestampStart > 0) return WALK_FAILED;
  if (hadTimestamp) engine.timestampsMs[row] = scanner.timestampMs;
  engine.foreignValue[0] = scanner.numbers[VALUE] ?? NaN;
  return settings.format === 'openmetrics' ? scanner.position - 1 : scanner.position;
}
