// Reads a body by its difference from the one before.

import { NEWLINE, SPACE, endOfLine, firstMismatch } from './bytes';
import {
  CHANGED,
  CHANGED_COUNT,
  FOREIGN_VALUE,
  GROWTH,
  NEW_AT,
  NEW_BODY,
  OLD_AT,
  OLD_BODY,
  ROW,
  STARTS,
  TIMESTAMPS,
  VALUES,
} from './memory';
import { number, numberEnd, readNumber, setNumber } from './number';
import { readMilliseconds, readSeconds } from './timestamp';

/** What `walk` returns. */
const ALL_READ: i32 = 0;
const WINDOW_READ: i32 = 1;
const STRUCTURE_DIFFERS: i32 = -1;

/**
 * Reads the rest of a line that holds more than plain numbers.
 * @returns the offset of its newline, with the value at FOREIGN_VALUE, or -1
 */
@external('env', 'readTail')
declare function readTail(start: i32, row: i32): i32;

/**
 * Walks both windows from mismatch to mismatch.
 * @param oldLength, newLength bytes in the windows, each followed by a newline that is not counted
 * @param isOldLast, isNewLast whether the window holds the end of its body
 * @param rows how many rows are in the window
 * @param oldBase, newBase where the windows start in their bodies
 * @param hasTimestamps whether any row has a timestamp; those without have NaN
 * @param isOpenMetrics timestamps are seconds
 */
export function walk(
  oldLength: i32,
  newLength: i32,
  isOldLast: bool,
  isNewLast: bool,
  rows: i32,
  oldBase: i32,
  newBase: i32,
  hasTimestamps: bool,
  isOpenMetrics: bool,
): i32 {
  let o = load<i32>(OLD_AT);
  let n = load<i32>(NEW_AT);
  let r = load<i32>(ROW);
  let changedCount = load<i32>(CHANGED_COUNT);
  let growth = load<i32>(GROWTH);
  while (true) {
    const equal = firstMismatch(OLD_BODY + o, NEW_BODY + n, min(oldLength - o, newLength - n));
    const mismatch = o + equal;
    const isAtEnd = mismatch == oldLength || n + equal == newLength;
    const isSameToEnd = mismatch == oldLength && n + equal == newLength && isOldLast && isNewLast;
    const shift = newBase + n - (oldBase + o);
    r = passRows(r, rows, isSameToEnd ? i32.MAX_VALUE : mismatch + oldBase, shift);
    if (isSameToEnd) {
      leave(mismatch, n + equal, r, changedCount, growth);
      return ALL_READ;
    }
    // The last row that starts before the mismatch; its new start has been noted, its old one is the new one less the shift.
    const hasRow = r > 0;
    const oldStart = hasRow ? load<i32>(STARTS + ((r - 1) << 2)) - shift - oldBase : -1;
    // A row from before the last place where the walk has read a tail is done with.
    const isInTail = oldStart >= o;
    const oldEnd = isInTail ? endOfLine(OLD_BODY + oldStart) - OLD_BODY : -1;
    const isOldEndKnown = oldEnd < oldLength || isOldLast;
    if (isAtEnd && !(isOldLast && isNewLast)) {
      // Nothing differs as far as the windows go. The row at the end goes into the next window with its whole tail.
      if (isInTail && (oldEnd >= mismatch || !isOldEndKnown)) {
        store<i32>(STARTS + ((r - 1) << 2), oldStart + oldBase);
        leave(oldStart, oldStart + oldBase + shift - newBase, r - 1, changedCount, growth);
      } else {
        leave(mismatch, n + equal, r, changedCount, growth);
      }
      return WINDOW_READ;
    }
    if (!isInTail || (mismatch > oldEnd && isOldEndKnown)) return STRUCTURE_DIFFERS;
    const start = oldStart + oldBase + shift - newBase;
    const newEnd = isOldEndKnown ? readRow(start, r - 1, newLength, isNewLast, hasTimestamps, isOpenMetrics) : -2;
    if (newEnd == -1) return STRUCTURE_DIFFERS;
    if (newEnd == -2) {
      store<i32>(STARTS + ((r - 1) << 2), oldStart + oldBase);
      leave(oldStart, start, r - 1, changedCount, growth);
      return WINDOW_READ;
    }
    const place = VALUES + ((r - 1) << 3);
    // Bits, not values: zeros have signs, and NaN is equal to NaN.
    if (load<i64>(place) != reinterpret<i64>(number)) {
      store<f64>(place, number);
      store<i32>(CHANGED + (changedCount << 2), r - 1);
      changedCount++;
    }
    growth = max(growth, newEnd + newBase - (oldEnd + oldBase) - shift);
    o = oldEnd;
    n = newEnd;
  }
}

function leave(oldAt: i32, newAt: i32, row: i32, changedCount: i32, growth: i32): void {
  store<i32>(OLD_AT, oldAt);
  store<i32>(NEW_AT, newAt);
  store<i32>(ROW, row);
  store<i32>(CHANGED_COUNT, changedCount);
  store<i32>(GROWTH, growth);
}

/** Notes the new starts of all rows whose old start is at or before `last`. @returns the first row beyond. */
function passRows(from: i32, rows: i32, last: i32, shift: i32): i32 {
  let r = from;
  while (r < rows) {
    const place = STARTS + (r << 2);
    const start = load<i32>(place);
    if (start > last) break;
    store<i32>(place, start + shift);
    r++;
  }
  return r;
}

/**
 * Reads the tail of the line of `r`, from its value on.
 * @returns the offset of its newline with the value in `number`, -1 when it must be read in full, -2 when the window ends first
 */
function readRow(start: i32, r: i32, newLength: i32, isNewLast: bool, hasTimestamps: bool, isOpenMetrics: bool): i32 {
  const timestamp = TIMESTAMPS + (r << 3);
  const hasTimestamp = hasTimestamps && load<f64>(timestamp) == load<f64>(timestamp);
  if (readNumber(NEW_BODY + start)) {
    const c = <u32>load<u8>(numberEnd);
    if (c == NEWLINE && !hasTimestamp) return inWindow(numberEnd - NEW_BODY, newLength, isNewLast);
    if (c == SPACE && hasTimestamp) {
      const value = number;
      const end = isOpenMetrics ? readSeconds(numberEnd + 1, timestamp) : readMilliseconds(numberEnd + 1, timestamp);
      setNumber(value);
      if (end != 0) return inWindow(end - NEW_BODY, newLength, isNewLast);
    }
  }
  const newline = endOfLine(NEW_BODY + start) - NEW_BODY;
  if (newline >= newLength && !isNewLast) return -2;
  const end = readTail(start, r);
  setNumber(load<f64>(FOREIGN_VALUE));
  return end;
}

/** Where a window is cut its end is no end of a line. */
function inWindow(end: i32, newLength: i32, isNewLast: bool): i32 {
  return end < newLength || isNewLast ? end : -2;
}
