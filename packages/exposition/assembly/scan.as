// The inner loops of reading a body, in AssemblyScript: `walk`, driven by `src/rescan.ts`, reads a body by its difference from
// the one before, and `readPlainLines`, driven by `src/plain-parse.ts`, reads lines from nothing. Both take the usual cases
// only and leave the others to the driver. `scripts/build-wasm.mjs` compiles this into `src/scan-wasm.ts`.
//
// Bodies are read in windows that the drivers copy in. All offsets here are relative to the windows, apart from the starts
// of values, which are offsets into the whole bodies.

/** Bytes of a window of either body. */
export const WINDOW_BYTES: i32 = 131072;
/** Rows that one call can look at. */
export const WINDOW_ROWS: i32 = 8192;

// Regions of the memory; the table of powers lies below them. Each body window has room for a newline and for reading ahead.
export const OLD_BODY: i32 = 65536;
export const NEW_BODY: i32 = OLD_BODY + WINDOW_BYTES + 64;
export const STARTS: i32 = NEW_BODY + WINDOW_BYTES + 64;
export const VALUES: i32 = STARTS + WINDOW_ROWS * 4;
export const TIMESTAMPS: i32 = VALUES + WINDOW_ROWS * 8;
export const CHANGED: i32 = TIMESTAMPS + WINDOW_ROWS * 8;
/** Where the driver leaves a value that it has read for us. */
export const FOREIGN_VALUE: i32 = CHANGED + WINDOW_ROWS * 4;
/** Where reading stands: integers that the driver sets before a call and reads after it, in this order. */
export const STATE: i32 = FOREIGN_VALUE + 8;
/** Bytes of the old and of the new window that are read, */
const OLD_AT: i32 = STATE;
const NEW_AT: i32 = STATE + 4;
/** rows of the window that are read, */
const ROW: i32 = STATE + 8;
/** how many values have changed, */
const CHANGED_COUNT: i32 = STATE + 12;
/** by how many bytes a line has grown at most, */
const GROWTH: i32 = STATE + 16;
/** bytes of keys written, */
const KEYS_LENGTH: i32 = STATE + 20;
/** metadata lines passed, */
const METADATA_COUNT: i32 = STATE + 24;
/** and bytes of the longest line read. */
const LONGEST_LINE: i32 = STATE + 28;

// What only `readPlainLines` uses. Keys take the place of the old body: they are never longer than the lines that they are from.
export const KEYS: i32 = OLD_BODY;
/** Hash of the key of each row. */
export const HASHES: i32 = CHANGED;
/** Where the key of each row ends, newline included. */
export const KEY_ENDS: i32 = STATE + 64;
/** Offsets of the metadata lines passed. */
export const METADATA: i32 = KEY_ENDS + WINDOW_ROWS * 4;
const MAX_METADATA: i32 = 1024;
/** What each byte may be part of, as in `src/byte-class.ts`, with one more bit. */
export const CLASSES: i32 = METADATA + MAX_METADATA * 4;
/** Two random integers for hashing, the second one odd. */
export const SEEDS: i32 = CLASSES + 256;
/** Labels of the line being read: start of the name, end of the name, end of the value. */
const LABELS: i32 = SEEDS + 16;
const LABEL_BYTES: i32 = 12;
/** Lines with more labels are the driver's. */
const MAX_LABELS: i32 = 64;
/** First byte that is not used. */
export const MEMORY_END: i32 = LABELS + MAX_LABELS * LABEL_BYTES;

const NAME_START: u32 = 1;
const NAME_PART: u32 = 2;
const LABEL_START: u32 = 4;
const LABEL_PART: u32 = 8;
/** Stands for itself in a label value: ASCII, no quote, backslash or newline. */
const PLAIN: u32 = 32;

const NEWLINE: u32 = 10;
const SPACE: u32 = 32;
const MINUS: u32 = 45;
const PLUS: u32 = 43;
const POINT: u32 = 46;
const ZERO: u32 = 48;
const LOWER_E: u32 = 101;
const HASH: u32 = 35;
const COMMA: u32 = 44;
const QUOTE: u32 = 34;
const BRACE_OPEN: u32 = 123;
const BRACE_CLOSE: u32 = 125;
/** `="`, as two bytes in memory. */
const EQUALS_QUOTE: u32 = 0x223d;

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

// What `readNumber` has read.
let number: f64 = 0;
let numberEnd: i32 = 0;

const POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

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
      number = value;
      if (end != 0) return inWindow(end - NEW_BODY, newLength, isNewLast);
    }
  }
  const newline = endOfLine(NEW_BODY + start) - NEW_BODY;
  if (newline >= newLength && !isNewLast) return -2;
  const end = readTail(start, r);
  number = load<f64>(FOREIGN_VALUE);
  return end;
}

/** Where a window is cut its end is no end of a line. */
function inWindow(end: i32, newLength: i32, isNewLast: bool): i32 {
  return end < newLength || isNewLast ? end : -2;
}

/** Reads the milliseconds of the text format up to a newline. @returns where it stands, or 0. */
function readMilliseconds(start: i32, target: i32): i32 {
  let p = start;
  let ms: i64 = 0;
  let c = <u32>load<u8>(p);
  while (c - ZERO <= 9) {
    ms = ms * 10 + (c - ZERO);
    c = <u32>load<u8>(++p);
  }
  // Up to 15 digits are exact; longer ones are the driver's.
  if (p == start || p - start > 15 || c != NEWLINE) return 0;
  store<f64>(target, <f64>ms);
  return p;
}

/** Reads the seconds of OpenMetrics up to a newline; what comes near a whole millisecond is one. @returns as above. */
function readSeconds(start: i32, target: i32): i32 {
  if (!readNumber(start) || <u32>load<u8>(numberEnd) != NEWLINE || !isFinite(number)) return 0;
  const ms = number * 1000;
  const nearest = floor(ms + 0.5);
  // Adding zero takes the sign off a zero.
  store<f64>(target, (abs(ms - nearest) < 1e-3 ? nearest : trunc(ms)) + 0);
  return numberEnd;
}

/** First newline at or after `p`; there is always one after the window. */
function endOfLine(p: i32): i32 {
  while (<u32>load<u8>(p) != NEWLINE) p++;
  return p;
}

/** First offset below `limit` at which the bytes differ, or `limit`. */
function firstMismatch(a: i32, b: i32, limit: i32): i32 {
  let k = 0;
  while (k + 16 <= limit) {
    const differing = i8x16.bitmask(i8x16.ne(v128.load(a + k), v128.load(b + k)));
    if (differing != 0) return k + ctz(differing);
    k += 16;
  }
  while (k < limit && load<u8>(a + k) == load<u8>(b + k)) k++;
  return k;
}

/**
 * Reads a decimal of up to 19 digits with a small exponent, rounded correctly, into `number`, and where it ends into
 * `numberEnd`. Everything else is the driver's.
 * @returns whether there was one
 */
function readNumber(start: i32): bool {
  let p = start;
  let c = <u32>load<u8>(p);
  const isNegative = c == MINUS;
  if (isNegative || c == PLUS) c = <u32>load<u8>(++p);
  let mantissa: u64 = 0;
  const whole = p;
  while (c - ZERO <= 9) {
    mantissa = mantissa * 10 + (c - ZERO);
    c = <u32>load<u8>(++p);
  }
  let digits = p - whole;
  let exponent = 0;
  if (c == POINT) {
    const fraction = ++p;
    c = <u32>load<u8>(p);
    while (c - ZERO <= 9) {
      mantissa = mantissa * 10 + (c - ZERO);
      c = <u32>load<u8>(++p);
    }
    exponent = fraction - p;
    digits -= exponent;
  }
  if (digits == 0) return readSpecial(start);
  if (digits > 19) return false;
  if ((c | 32) == LOWER_E) {
    c = <u32>load<u8>(++p);
    const isExponentNegative = c == MINUS;
    if (isExponentNegative || c == PLUS) c = <u32>load<u8>(++p);
    const first = p;
    let power = 0;
    while (c - ZERO <= 9) {
      power = power * 10 + (c - ZERO);
      c = <u32>load<u8>(++p);
    }
    if (p == first || p - first > 4) return false;
    exponent += isExponentNegative ? -power : power;
  }
  if (exponent < -22 || exponent > 22) return false;
  numberEnd = p;
  const power = load<f64>(<i32>POWERS + (abs(exponent) << 3));
  let magnitude: f64;
  if (mantissa <= 9007199254740992) {
    // Both factors are exact, so the one operation rounds once, and rounds correctly (Clinger 1990).
    magnitude = exponent < 0 ? <f64>mantissa / power : <f64>mantissa * power;
  } else {
    magnitude = scaleExactly(mantissa, exponent, power);
    if (magnitude < 0) return false;
  }
  number = isNegative ? -magnitude : magnitude;
  return true;
}

/** `NaN`, `+Inf` and `-Inf` in the spelling of the formats. */
function readSpecial(start: i32): bool {
  const word = load<u32>(start);
  numberEnd = start + 4;
  if (word == 0x666e492b) {
    number = Infinity;
    return true;
  }
  if (word == 0x666e492d) {
    number = -Infinity;
    return true;
  }
  if ((word & 0xffffff) != 0x4e614e) return false;
  // The bits that JavaScript gives to NaN: comparing looks at bits.
  number = reinterpret<f64>(0x7ff8000000000000);
  numberEnd = start + 3;
  return true;
}

/**
 * `mantissa` × 10^`exponent` for a mantissa that no double holds: as an unevaluated sum of two doubles.
 * @returns the correctly rounded product, or -1 when the sum is too close to the middle of two doubles to tell
 */
function scaleExactly(mantissa: u64, exponent: i32, power: f64): f64 {
  // The mantissa is below 10^19 < 2^64, so the difference to its nearest double is exact and fits into a double.
  const high = <f64>mantissa;
  const low = <f64>(<i64>(mantissa - <u64>high));
  let sum = high;
  let rest = low;
  if (exponent < 0) {
    sum = high / power;
    const product = sum * power;
    rest = (high - product - productError(sum, power, product) + low) / power;
  } else if (exponent > 0) {
    sum = high * power;
    rest = productError(high, power, sum) + low * power;
  }
  // `rest` is off by a few units of 2^-105 of `sum`. If that cannot change how the sum is rounded, nothing can.
  const slack = sum * 2.5243548967072378e-29; // 2^-95
  const rounded = sum + (rest - slack);
  return rounded == sum + (rest + slack) ? rounded : -1;
}

/** a × b − fl(a × b), exactly (Dekker 1971). */
function productError(a: f64, b: f64, product: f64): f64 {
  const aScaled = a * 134217729; // 2^27 + 1
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * 134217729;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

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

// @ts-ignore: decorators are AssemblyScript's
@inline
function classOf(c: u32): u32 {
  return <u32>load<u8>(CLASSES + c);
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

// What `readSeries` has found out.
let nameEnd: i32 = 0;
let labelCount: i32 = 0;
let isSorted: bool = true;

/** Reads name and labels. @returns what follows them, or 0 when they are not plain. */
function readSeries(start: i32, maxLabels: i32, maxNameBytes: i32, maxValueBytes: i32): i32 {
  let p = start + 1;
  while ((classOf(<u32>load<u8>(p)) & NAME_PART) != 0) p++;
  nameEnd = p;
  labelCount = 0;
  isSorted = true;
  if (p - start > maxNameBytes) return 0;
  if (<u32>load<u8>(p) != BRACE_OPEN) return p;
  let place = LABELS;
  while (true) {
    const name = ++p;
    if ((classOf(<u32>load<u8>(p)) & LABEL_START) == 0) return 0;
    p++;
    while ((classOf(<u32>load<u8>(p)) & LABEL_PART) != 0) p++;
    const value = p + 2;
    if (<u32>load<u16>(p) != EQUALS_QUOTE || p - name > maxNameBytes || isReserved(name, p)) return 0;
    store<i32>(place, name);
    store<i32>(place + 4, p);
    p = value;
    while ((classOf(<u32>load<u8>(p)) & PLAIN) != 0) p++;
    store<i32>(place + 8, p);
    // Empty values are no part of a key.
    if (<u32>load<u8>(p) != QUOTE || p == value || p - value > maxValueBytes) return 0;
    if (labelCount > 0 && isSorted) {
      const order = compareNames(place - LABEL_BYTES, place);
      if (order == 0) return 0;
      isSorted = order < 0;
    }
    labelCount++;
    place += LABEL_BYTES;
    const c = <u32>load<u8>(++p);
    if (c == BRACE_CLOSE) break;
    if (c != COMMA || labelCount == MAX_LABELS) return 0;
  }
  if (labelCount > maxLabels || (!isSorted && !sortLabels())) return 0;
  return p + 1;
}

/** `__name__` is no label. */
function isReserved(name: i32, end: i32): bool {
  return end - name == 8 && load<u64>(name) == 0x5f5f656d616e5f5f;
}

/** Sorts the labels by name. @returns whether no name occurs twice. */
function sortLabels(): bool {
  for (let i = 1; i < labelCount; i++) {
    let place = LABELS + i * LABEL_BYTES;
    while (place > LABELS) {
      const order = compareNames(place - LABEL_BYTES, place);
      if (order == 0) return false;
      if (order < 0) break;
      const bytes = load<u64>(place);
      const value = load<u32>(place + 8);
      store<u64>(place, load<u64>(place - LABEL_BYTES));
      store<u32>(place + 8, load<u32>(place - LABEL_BYTES + 8));
      store<u64>(place - LABEL_BYTES, bytes);
      store<u32>(place - LABEL_BYTES + 8, value);
      place -= LABEL_BYTES;
    }
  }
  return true;
}

/** Compares the names of two labels byte by byte. */
function compareNames(a: i32, b: i32): i32 {
  let x = load<i32>(a);
  let y = load<i32>(b);
  const xEnd = load<i32>(a + 4);
  const yEnd = load<i32>(b + 4);
  while (x < xEnd && y < yEnd) {
    const difference = <i32>load<u8>(x++) - <i32>load<u8>(y++);
    if (difference != 0) return difference;
  }
  return xEnd - x - (yEnd - y);
}

/** Writes the canonical key of the line read by `readSeries`, and its hash. */
function writeKey(line: i32, suffix: i32, r: i32): void {
  const start = KEYS + load<i32>(KEYS_LENGTH);
  let q: i32;
  if (isSorted) {
    q = copy(line, suffix, start);
  } else {
    q = copy(line, nameEnd, start);
    for (let i = 0; i < labelCount; i++) {
      const place = LABELS + i * LABEL_BYTES;
      store<u8>(q++, i == 0 ? BRACE_OPEN : COMMA);
      // Name, equals sign, quoted value: as they stand in the line.
      q = copy(load<i32>(place), load<i32>(place + 8) + 1, q);
    }
    store<u8>(q++, BRACE_CLOSE);
  }
  store<u8>(q++, NEWLINE);
  store<i32>(KEY_ENDS + (r << 2), q - KEYS);
  store<i32>(HASHES + (r << 2), hashBytes(start, q));
  store<i32>(KEYS_LENGTH, q - KEYS);
}

/** Copies `[from, end)`, and perhaps a few bytes more. @returns the end of the copy. */
function copy(from: i32, end: i32, to: i32): i32 {
  let p = from;
  let q = to;
  while (p < end) {
    v128.store(q, v128.load(p));
    p += 16;
    q += 16;
  }
  return q - (p - end);
}

/** Hash of a key that the driver has put at the end of the keys. */
export function hashKey(start: i32, end: i32): i32 {
  return hashBytes(KEYS + start, KEYS + end);
}

function hashBytes(start: i32, end: i32): i32 {
  const multiplier = load<u64>(SEEDS + 8);
  let hash = load<u64>(SEEDS);
  let p = start;
  while (p + 8 <= end) {
    hash = (hash ^ load<u64>(p)) * multiplier;
    hash ^= hash >> 32;
    p += 8;
  }
  // Keys end with their only newline, so a shorter one is never the start of a longer one.
  const left = <u64>(end - p) << 3;
  hash = (hash ^ (load<u64>(p) & ((<u64>1 << left) - 1))) * multiplier;
  hash ^= hash >> 29;
  hash *= multiplier;
  return <i32>(hash >> 32);
}
