// The bytes of the formats, and what is done with runs of them.

import { CLASSES } from './memory';

export const NAME_START: u32 = 1;
export const NAME_PART: u32 = 2;
export const LABEL_START: u32 = 4;
export const LABEL_PART: u32 = 8;
/** Stands for itself in a label value: ASCII, no quote, backslash or newline. */
export const PLAIN: u32 = 32;

export const NEWLINE: u32 = 10;
export const SPACE: u32 = 32;
export const MINUS: u32 = 45;
export const PLUS: u32 = 43;
export const POINT: u32 = 46;
export const ZERO: u32 = 48;
export const LOWER_E: u32 = 101;
export const HASH: u32 = 35;
export const COMMA: u32 = 44;
export const QUOTE: u32 = 34;
export const BRACE_OPEN: u32 = 123;
export const BRACE_CLOSE: u32 = 125;
/** `="`, as two bytes in memory. */
export const EQUALS_QUOTE: u32 = 0x223d;

// @ts-ignore: decorators are AssemblyScript's
@inline
export function classOf(c: u32): u32 {
  return <u32>load<u8>(CLASSES + c);
}

/** First newline at or after `p`; there is always one after the window. */
export function endOfLine(p: i32): i32 {
  while (<u32>load<u8>(p) != NEWLINE) p++;
  return p;
}

/** First offset below `limit` at which the bytes differ, or `limit`. */
export function firstMismatch(a: i32, b: i32, limit: i32): i32 {
  let k = 0;
  while (k + 16 <= limit) {
    const differing = i8x16.bitmask(i8x16.ne(v128.load(a + k), v128.load(b + k)));
    if (differing != 0) return k + ctz(differing);
    k += 16;
  }
  while (k < limit && load<u8>(a + k) == load<u8>(b + k)) k++;
  return k;
}

/** Copies `[from, end)`, and perhaps a few bytes more. @returns the end of the copy. */
export function copy(from: i32, end: i32, to: i32): i32 {
  let p = from;
  let q = to;
  while (p < end) {
    v128.store(q, v128.load(p));
    p += 16;
    q += 16;
  }
  return q - (p - end);
}
