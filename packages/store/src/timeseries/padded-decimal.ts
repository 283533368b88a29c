import { digitsOf, MOST_DECIMAL_BYTES, putDecimal } from './decimal-text.ts';

const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const ZERO = 48;
const EXPONENT = 101;
/** Where a number has more digits, it is written by the general way. */
const SMALL_BOUND = 1_000_000_000;
/** A text that has grown once will grow again: a counter by a digit, a mean by some. */
const SPARE_BYTES = 3;
/** Most whole numbers fit with two characters to spare, so that few texts ever grow. */
const LEAST_WIDTH = 10;
/** Room for 18 digits, enough for nearly every double: of more the module reads numbers by a much slower way. */
const SPACIOUS_WIDTH = 19;

/** Most bytes of {@link widthFor}. */
export const MOST_WIDTH = MOST_DECIMAL_BYTES;

const scratch = new Uint8Array(MOST_DECIMAL_BYTES);

/** A width in which a finite number fits, from 10 on, and most likely those that come after it. */
export function widthFor(value: number): number {
  const length = putDecimal(scratch, 0, value);
  const width = Math.max(LEAST_WIDTH, length, Math.min(length + SPARE_BYTES, SPACIOUS_WIDTH));
  // A point alone behind a whole number is no number.
  return width === length + 1 && Number.isInteger(value) ? width + 1 : width;
}

/**
 * Writes a finite number as decimal text of exactly `width` bytes that reads back as the same double, −0 included: the
 * shortest one, made longer by zeros that change nothing (`12.000`, `1.50`, `1e-007`).
 *
 * @returns whether it fits; otherwise nothing was written. A whole number needs no or two bytes more, as a point alone is no
 *   number
 */
export function putPadded(bytes: Uint8Array, at: number, width: number, value: number): boolean {
  const whole = value | 0;
  if (whole === value && whole > -SMALL_BOUND && whole < SMALL_BOUND && (whole !== 0 || !Object.is(value, -0))) {
    return putWhole(bytes, at, width, whole);
  }
  return putOther(bytes, at, width, value);
}

function putWhole(bytes: Uint8Array, at: number, width: number, value: number): boolean {
  let rest = value < 0 ? -value : value;
  const end = digitsOf(rest) + (value < 0 ? 1 : 0);
  if (end + 1 === width || end > width) return false;
  if (value < 0) bytes[at] = MINUS;
  let position = at + end;
  do {
    const next = (rest / 10) | 0;
    bytes[--position] = ZERO + (rest - next * 10);
    rest = next;
  } while (rest > 0);
  if (end === width) return true;
  bytes[at + end] = POINT;
  for (position = at + end + 1; position < at + width; position++) bytes[position] = ZERO;
  return true;
}

function putOther(bytes: Uint8Array, at: number, width: number, value: number): boolean {
  const length = putDecimal(scratch, 0, value);
  if (length > width) return false;
  let isWhole = true;
  // Zeros go behind the text, or between the exponent's sign and its digits.
  let kept = length;
  for (let index = 0; index < length; index++) {
    const byte = scratch[index];
    if (byte === POINT) isWhole = false;
    else if (byte === EXPONENT) {
      isWhole = false;
      const sign = scratch[index + 1];
      kept = index + (sign === MINUS || sign === PLUS ? 2 : 1);
    }
  }
  if (isWhole && length + 1 === width) return false;
  let position = at;
  for (let index = 0; index < kept; index++) bytes[position++] = scratch[index] ?? ZERO;
  const zerosEnd = at + width - (length - kept);
  if (isWhole && position < zerosEnd) bytes[position++] = POINT;
  while (position < zerosEnd) bytes[position++] = ZERO;
  for (let index = kept; index < length; index++) bytes[position++] = scratch[index] ?? ZERO;
  return true;
}
