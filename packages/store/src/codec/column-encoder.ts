import type { BitWriter } from './bit-writer.ts';
import { encodeFlags } from './change-flags.ts';
import type { ColumnState } from './column-state.ts';
import { ABSENT, ABSENT_WORD, BLOCK_SERIES, MODE_SHIFT } from './series-model.ts';
import { encodeValues } from './value-encoder.ts';

/** Worst case of one value: flags, escape, mode, length and 64 raw bits. */
const WORST_VALUE_BYTES = 16;

/** The doubles of one frame in the order of the columns. */
export interface IncomingColumns {
  readonly values: Float64Array;
  /** The same memory, two words a value, in the machine's order. */
  readonly words: Int32Array;
  /** 1 where the column has a value; `undefined` when all have. */
  readonly present: Uint8Array | undefined;
}

// Scratch of one block; encoding is synchronous, so one is enough.
const changedColumns = new Int32Array(BLOCK_SERIES);
const changedFlags = new Int32Array(BLOCK_SERIES / 32);

/**
 * Writes the values of one frame as blocks, each preceded by its length, and brings `state` up to date. Both halves
 * (this and `decodeColumns`) make the same decisions from the same state; only what the state cannot tell is written.
 *
 * O(columns), with most of the time spent on those that changed.
 */
export function encodeColumns(state: ColumnState, incoming: IncomingColumns, writer: BitWriter): void {
  state.beginFrame();
  for (let start = 0; start < state.size; start += BLOCK_SERIES) {
    const end = Math.min(start + BLOCK_SERIES, state.size);
    writer.reserve((end - start) * WORST_VALUE_BYTES + 64);
    const lengthAt = writer.position++;
    const changed = findChanged(state, incoming, start, end);
    encodeFlags(state, writer, start >>> 5, end - start, changedFlags);
    encodeValues(state, incoming, writer, changedColumns, changed);
    writer.align();
    writeBlockLength(writer, lengthAt);
  }
}

/** One byte was set aside for the length; blocks of 128 bytes and more move up by one. */
function writeBlockLength(writer: BitWriter, lengthAt: number): void {
  const length = writer.position - lengthAt - 1;
  const bytes = writer.bytes;
  if (length < 0x80) {
    bytes[lengthAt] = length;
    return;
  }
  bytes.copyWithin(lengthAt + 2, lengthAt + 1, writer.position);
  writer.position++;
  bytes[lengthAt] = (length & 0x7f) | 0x80;
  bytes[lengthAt + 1] = length >>> 7;
}

/** Leaves the changed columns in `changedColumns` and `changedFlags`. @returns how many */
function findChanged(state: ColumnState, incoming: IncomingColumns, start: number, end: number): number {
  return incoming.present === undefined
    ? findChangedOfAll(state, incoming.words, start, end)
    : findChangedOfSome(state, incoming.words, incoming.present, start, end);
}

/** Without a branch for what differs: of a third of the values that do, hardly one is foreseen. */
function findChangedOfAll({ words, controls }: ColumnState, newWords: Int32Array, start: number, end: number): number {
  let changed = 0;
  for (let from = start; from < end; from += 32) {
    const to = Math.min(from + 32, end);
    let flags = 0;
    for (let column = from; column < to; column++) {
      const low = column * 2;
      const lowWord = newWords[low] ?? 0;
      const bits = ((words[low] ?? 0) ^ lowWord) | ((words[low + 1] ?? 0) ^ (newWords[low + 1] ?? 0));
      let differs = (bits | -bits) >>> 31;
      if (lowWord === ABSENT_WORD && (controls[column] ?? 0) >>> MODE_SHIFT === ABSENT) differs = 1;
      flags |= differs << (column & 31);
      changedColumns[changed] = column;
      changed += differs;
    }
    changedFlags[(from - start) >>> 5] = flags;
  }
  return changed;
}

function findChangedOfSome(
  { words, controls }: ColumnState,
  newWords: Int32Array,
  present: Uint8Array,
  start: number,
  end: number,
): number {
  let changed = 0;
  let flags = 0;
  for (let column = start; column < end; column++) {
    const low = column * 2;
    const isAbsent = (controls[column] ?? 0) >>> MODE_SHIFT === ABSENT;
    const differs =
      present[column] === 0
        ? !isAbsent
        : isAbsent || words[low] !== newWords[low] || words[low + 1] !== newWords[low + 1];
    if (differs) {
      flags |= 1 << (column & 31);
      changedColumns[changed++] = column;
    }
    if ((column & 31) === 31) {
      changedFlags[(column - start) >>> 5] = flags;
      flags = 0;
    }
  }
  if ((end & 31) !== 0) changedFlags[(end - start) >>> 5] = flags;
  return changed;
}
