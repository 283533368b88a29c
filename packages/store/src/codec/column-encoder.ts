import type { ByteWriter } from './byte-writer.ts';
import type { ColumnState } from './column-state.ts';
import { type EncodeEngine, encodeEngine } from './encode-engine.ts';

/** The doubles of one frame in the order of the columns. */
export interface IncomingColumns {
  /** May be longer than there are columns. */
  readonly values: Float64Array;
  /** 1 where the column has a value; `undefined` when all have. */
  readonly present: Uint8Array | undefined;
}

/**
 * Writes the values of one frame as blocks, each preceded by its length, and brings `state` up to date. Both halves
 * (this and `decodeColumns`) make the same decisions from the same state; only what the state cannot tell is written.
 *
 * The work is done by the engine, within whose memory the columns pass in windows: copying costs little beside it, and so the
 * state of each target lies in memory of its own, of its own size.
 *
 * O(columns), with most of the time spent on those that changed.
 */
export function encodeColumns(state: ColumnState, incoming: IncomingColumns, writer: ByteWriter): void {
  const engine = encodeEngine();
  const { windowColumns } = engine;
  state.beginFrame();
  if (state.capacity <= windowColumns && incoming.values.length <= windowColumns) {
    fillAtOnce(engine, state, incoming);
    encodeWindow(engine, state, 0, state.size, incoming.present !== undefined, writer);
    return;
  }
  for (let start = 0; start < state.size; start += windowColumns) {
    const end = Math.min(start + windowColumns, state.size);
    fill(engine, state, incoming, start, end);
    encodeWindow(engine, state, start, end - start, incoming.present !== undefined, writer);
  }
}

/** As {@link fill}, of all columns and what memory there is behind them: no views need be made. */
function fillAtOnce(engine: EncodeEngine, state: ColumnState, { values, present }: IncomingColumns): void {
  const { state: window, older, newValues } = engine;
  window.values.set(state.values);
  window.steps.set(state.steps);
  window.controls.set(state.controls);
  window.recent.set(state.recent);
  older.set(state.older);
  newValues.set(values);
  if (present !== undefined) engine.present.set(present.subarray(0, state.size));
}

function fill(
  engine: EncodeEngine,
  state: ColumnState,
  { values, present }: IncomingColumns,
  start: number,
  end: number,
): void {
  const { state: window, older, newValues } = engine;
  const mask = start >>> 5;
  const maskEnd = (end + 31) >>> 5;
  window.values.set(state.values.subarray(start, end));
  window.steps.set(state.steps.subarray(start, end));
  window.controls.set(state.controls.subarray(start, end));
  window.recent.set(state.recent.subarray(mask, maskEnd));
  older.set(state.older.subarray(mask, maskEnd));
  newValues.set(values.subarray(start, end));
  if (present !== undefined) engine.present.set(present.subarray(start, end));
}

/** Encodes what the window was filled with, and takes the state back. */
function encodeWindow(
  engine: EncodeEngine,
  state: ColumnState,
  start: number,
  columns: number,
  isPartial: boolean,
  writer: ByteWriter,
): void {
  const length = engine.encodeWindow(columns, isPartial);
  const after = engine.firstColumns(columns);
  state.values.set(after.values, start);
  state.steps.set(after.steps, start);
  state.controls.set(after.controls, start);
  state.recent.set(after.recent, start >>> 5);
  writer.reserve(length);
  writer.bytes.set(engine.output.subarray(0, length), writer.position);
  writer.position += length;
}
