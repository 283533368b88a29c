import { CorruptFrame } from '../errors.ts';
import type { BitReader } from './bit-reader.ts';
import type { ColumnState } from './column-state.ts';
import { GROUP_COLUMNS, WAKING, WAKING_BITS } from './series-model.ts';

const WORD_COLUMNS = 32;

/**
 * Reads which columns of one block changed, as `assembly/flags.as` tells it. Columns come in groups of eight; a group is active
 * while one of its columns changed lately. Each active group has `0` (nothing changed), `01` (just the active columns) or `11`
 * and eight flags, read from the lowest bit. Then, if there are others, two bits and what they need: nothing changed in them,
 * everything did, or one bit for each such group and eight flags where it is 1.
 *
 * Fills `changed`, one bit a column, in words of 32; afterwards those count as active.
 *
 * @throws CorruptFrame
 */
export function decodeFlags(
  state: ColumnState,
  reader: BitReader,
  firstWord: number,
  columns: number,
  changed: Int32Array,
): void {
  const { recent, older } = state;
  let sleeping = 0;
  for (let start = 0, word = 0; start < columns; start += WORD_COLUMNS, word++) {
    const active = (recent[firstWord + word] ?? 0) | (older[firstWord + word] ?? 0);
    const end = Math.min(columns - start, WORD_COLUMNS);
    let flags = 0;
    for (let shift = 0; shift < end; shift += GROUP_COLUMNS) {
      const activeHere = (active >>> shift) & 0xff;
      if (activeHere === 0) {
        sleeping++;
        continue;
      }
      const bits = reader.peek();
      if ((bits & 1) === 0) reader.skip(1);
      else if ((bits & 2) === 0) {
        reader.skip(2);
        flags |= activeHere << shift;
      } else {
        reader.skip(2 + GROUP_COLUMNS);
        flags |= ((bits >>> 2) & 0xff) << shift;
      }
    }
    changed[word] = flags;
  }
  if (sleeping > 0) takeWoken(state, reader, firstWord, columns, changed);
  for (let start = 0, word = 0; start < columns; start += WORD_COLUMNS, word++) {
    const flags = changed[word] ?? 0;
    const past = columns - start;
    if (past < WORD_COLUMNS && flags >>> past !== 0) throw new CorruptFrame('a column beyond the last changed');
    recent[firstWord + word] = (recent[firstWord + word] ?? 0) | flags;
  }
}

function takeWoken(
  state: ColumnState,
  reader: BitReader,
  firstWord: number,
  columns: number,
  changed: Int32Array,
): void {
  const kind = reader.take(WAKING_BITS);
  if (kind === WAKING.none) return;
  if (kind > WAKING.all) throw new CorruptFrame(`${kind} is no way of waking groups`);
  for (let column = 0; column < columns; column += GROUP_COLUMNS) {
    const word = column >>> 5;
    const shift = column & 31;
    const active = (state.recent[firstWord + word] ?? 0) | (state.older[firstWord + word] ?? 0);
    if (((active >>> shift) & 0xff) !== 0) continue;
    let flags = 0;
    if (kind === WAKING.all) flags = groupMask(columns - column);
    else if (reader.take(1) === 1) flags = reader.take(GROUP_COLUMNS);
    changed[word] = (changed[word] ?? 0) | (flags << shift);
  }
}

/** The flags of a group of which `columns` exist. */
function groupMask(columns: number): number {
  return columns >= GROUP_COLUMNS ? 0xff : (1 << columns) - 1;
}
