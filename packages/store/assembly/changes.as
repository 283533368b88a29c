// Finds the columns whose values are others than before.

import { CHANGED, CONTROLS, NEW_VALUES, PRESENT, VALUES } from './memory';
import { ABSENT, ABSENT_VALUE, MODE_SHIFT } from './model';

const WORD_COLUMNS: i32 = 32;

/** Leaves the flags of a block in CHANGED. @param first, columns the block within the window */
export function findChanged(first: i32, columns: i32, isPartial: bool): void {
  let flags: u32 = 0;
  v128.store(CHANGED, i64x2.splat(0));
  for (let start = 0; start < columns; start += WORD_COLUMNS) {
    flags = isPartial ? compareSome(first + start) : compareAll(first + start);
    store<u32>(CHANGED + (start >> 3), flags);
  }
  // What follows the last column is of another frame.
  const last = columns & (WORD_COLUMNS - 1);
  if (last != 0) store<u32>(CHANGED + ((columns - last) >> 3), flags & ((1 << last) - 1));
}

/** All of 32 columns have a value. */
function compareAll(first: i32): u32 {
  const absent = i64x2.splat(ABSENT_VALUE);
  const before = VALUES + (first << 3);
  const now = NEW_VALUES + (first << 3);
  let looksAbsent = i64x2.splat(0);
  let flags: u32 = 0;
  for (let column = 0; column < WORD_COLUMNS; column += 2) {
    const values = v128.load(now + (column << 3));
    flags |= <u32>i64x2.bitmask(i64x2.ne(values, v128.load(before + (column << 3)))) << column;
    looksAbsent = v128.or(looksAbsent, i64x2.eq(values, absent));
  }
  return v128.any_true(looksAbsent) ? flags | findUnlikely(first) : flags;
}

/** Columns that were absent and have the very value that absent ones hold. */
function findUnlikely(first: i32): u32 {
  let flags: u32 = 0;
  for (let column = 0; column < WORD_COLUMNS; column++) {
    const isEqual = load<u64>(NEW_VALUES + ((first + column) << 3)) == ABSENT_VALUE;
    flags |= <u32>(isEqual && isAbsent(first + column)) << column;
  }
  return flags;
}

function compareSome(first: i32): u32 {
  let flags: u32 = 0;
  for (let column = 0; column < WORD_COLUMNS; column++) {
    const at = first + column;
    const isPresent = load<u8>(PRESENT + at) != 0;
    // Whatever there is for a column without a value: it is none that a difference could be taken of.
    if (!isPresent) store<u64>(NEW_VALUES + (at << 3), ABSENT_VALUE);
    const differs = load<u64>(VALUES + (at << 3)) != load<u64>(NEW_VALUES + (at << 3));
    flags |= (<u32>(isPresent == isAbsent(at)) | (<u32>isPresent & <u32>differs)) << column;
  }
  return flags;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function isAbsent(column: i32): bool {
  return load<u32>(column << 2, CONTROLS) >> MODE_SHIFT == ABSENT;
}
