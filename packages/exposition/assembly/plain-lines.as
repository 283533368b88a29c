// Reads lines from nothing.

import { HASH, NAME_START, NEWLINE, SPACE, classOf, endOfLine } from './bytes';
import { writeKey } from './key';
import {
  LONGEST_LINE,
  MAX_METADATA,
  METADATA,
  METADATA_COUNT,
  NEW_AT,
  NEW_BODY,
  ROW,
  STARTS,
  TIMESTAMPS,
  VALUES,
  WINDOW_ROWS,
} from './memory';
import { number, numberEnd, readNumber } from './number';
import { readSeries } from './series';
import { readMilliseconds, readSeconds } from './timestamp';

/**
 * Reads sample lines in the plain form that exporters write, `name{label="value",…} number[ timestamp]`, passing over metadata
 * lines, until a line is anything else or the window, the rows or the places for metadata lines are used up. Nothing is
 * refused here: whatever is not plain is left to the driver, who reads it as the formats demand.
 * @param length bytes in the window, followed by a newline that is not counted; lines that reach it are not read
 * @param base where the window starts in the body
 */
export function readPlainLines(
  length: i32,
  base: i32,
  isOpenMetrics: bool,
  maxLabels: i32,
  maxNameBytes: i32,
  maxValueBytes: i32,
  maxLineBytes: i32,
): void {
  const end = NEW_BODY + length;
  let p = NEW_BODY + load<i32>(NEW_AT);
  let r = load<i32>(ROW);
  let longest = load<i32>(LONGEST_LINE);
  while (p < end && r < WINDOW_ROWS) {
    const c = <u32>load<u8>(p);
    if (c == HASH) {
      const newline = passMetadata(p, end, maxLineBytes);
      if (newline == 0) break;
      p = newline + 1;
      continue;
    }
    if ((classOf(c) & NAME_START) == 0) break;
    const suffix = readSeries(p, maxLabels, maxNameBytes, maxValueBytes);
    if (suffix == 0 || <u32>load<u8>(suffix) != SPACE || !readNumber(suffix + 1)) break;
    const value = number;
    const timestamp = TIMESTAMPS + (r << 3);
    let newline = numberEnd;
    store<f64>(timestamp, NaN);
    if (<u32>load<u8>(newline) == SPACE) {
      newline = isOpenMetrics ? readSeconds(newline + 1, timestamp) : readMilliseconds(newline + 1, timestamp);
      if (newline == 0) break;
    }
    if (<u32>load<u8>(newline) != NEWLINE || newline >= end || newline - p > maxLineBytes) break;
    writeKey(p, suffix, r);
    store<i32>(STARTS + (r << 2), suffix + 1 - NEW_BODY + base);
    store<f64>(VALUES + (r << 3), value);
    longest = max(longest, newline - p);
    r++;
    p = newline + 1;
  }
  store<i32>(NEW_AT, p - NEW_BODY);
  store<i32>(ROW, r);
  store<i32>(LONGEST_LINE, longest);
}

/**
 * Notes a line `# HELP name…`, `# TYPE name…` or `# UNIT name…` for the driver, who reads it.
 * @returns its newline, or 0 for any other line
 */
function passMetadata(p: i32, end: i32, maxLineBytes: i32): i32 {
  const count = load<i32>(METADATA_COUNT);
  const word = load<u32>(p + 2);
  const isWord = word == 0x504c4548 || word == 0x45505954 || word == 0x54494e55;
  if (!isWord || count == MAX_METADATA || <u32>load<u8>(p + 1) != SPACE || <u32>load<u8>(p + 6) != SPACE) return 0;
  // A quoted name may hold a newline.
  if ((classOf(<u32>load<u8>(p + 7)) & NAME_START) == 0) return 0;
  const newline = endOfLine(p);
  if (newline >= end) return 0;
  store<i32>(METADATA + (count << 2), p - NEW_BODY);
  store<i32>(METADATA_COUNT, count + 1);
  return newline;
}
