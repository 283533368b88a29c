import { BYTE_CLASS, DIGIT } from './byte-class.ts';

/** What {@link readDecimal} made of the bytes. */
export const DECIMAL_OK = 0;
export const DECIMAL_INVALID = 1;
/** A number, but one that rounds to infinity. */
export const DECIMAL_OUT_OF_RANGE = 2;

/** Powers of ten that a double holds exactly. */
const EXACT_POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_EXACT_EXPONENT = 22;
/** As many decimal digits always fit into the 53 bits of a double's mantissa. */
const MAX_EXACT_DIGITS = 15;
/** Keeps the exponent an integer of modest size whatever is written; the slow path sees the text itself. */
const EXPONENT_CAP = 100_000;

/**
 * Reads all of `bytes[start, end)` as a number and puts it at `target[index]`.
 *
 * Accepts what Go's `strconv.ParseFloat` accepts apart from hexadecimal and underscores: decimals with optional sign,
 * point and exponent, `NaN`, and `Inf` or `Infinity` with optional sign, in any case of letters.
 * The result is the double nearest to the decimal (ties to even), exactly as `Number()` gives it.
 * Allocates nothing for up to 15 digits with a small exponent, which is nearly all that exporters write.
 */
export function readDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Float64Array,
  index: number,
): number {
  let i = start;
  let c = bytes[i] ?? 0;
  const isNegative = c === 45;
  if (isNegative || c === 43) c = bytes[++i] ?? 0;
  let mantissa = 0;
  let digits = 0;
  let exponent = 0;
  const intStart = i;
  while (i < end && c >= 48 && c <= 57) {
    if (mantissa !== 0 || c !== 48) digits++;
    if (digits <= MAX_EXACT_DIGITS) mantissa = mantissa * 10 + (c - 48);
    c = bytes[++i] ?? 0;
  }
  let written = i - intStart;
  if (c === 46 && i < end) {
    c = bytes[++i] ?? 0;
    const fractionStart = i;
    while (i < end && c >= 48 && c <= 57) {
      if (mantissa !== 0 || c !== 48) digits++;
      if (digits <= MAX_EXACT_DIGITS) mantissa = mantissa * 10 + (c - 48);
      c = bytes[++i] ?? 0;
    }
    exponent = fractionStart - i;
    written += i - fractionStart;
  }
  if (written === 0) return readSpecial(bytes, start, end, target, index);
  if (i < end && (c | 32) === 101) {
    c = bytes[++i] ?? 0;
    const isExponentNegative = c === 45;
    if (isExponentNegative || c === 43) c = bytes[++i] ?? 0;
    const exponentStart = i;
    let power = 0;
    while (i < end && c >= 48 && c <= 57) {
      if (power < EXPONENT_CAP) power = power * 10 + (c - 48);
      c = bytes[++i] ?? 0;
    }
    if (i === exponentStart) return DECIMAL_INVALID;
    exponent += isExponentNegative ? -power : power;
  }
  if (i !== end) return DECIMAL_INVALID;
  // Both factors are exact, so the one multiplication or division rounds once, and rounds correctly (Clinger 1990).
  if (digits <= MAX_EXACT_DIGITS && exponent >= -MAX_EXACT_EXPONENT && exponent <= MAX_EXACT_EXPONENT) {
    const magnitude =
      exponent < 0 ? mantissa / (EXACT_POWERS[-exponent] ?? 1) : mantissa * (EXACT_POWERS[exponent] ?? 1);
    target[index] = isNegative ? -magnitude : magnitude;
    return DECIMAL_OK;
  }
  return readExactly(bytes, start, end, target, index);
}

/** The engine's own conversion, which rounds correctly for any length. The syntax has been checked by now. */
function readExactly(bytes: Uint8Array, start: number, end: number, target: Float64Array, index: number): number {
  const value = Number(asciiSlice(bytes, start, end));
  if (value === Infinity || value === -Infinity) return DECIMAL_OUT_OF_RANGE;
  target[index] = value;
  return DECIMAL_OK;
}

function readSpecial(bytes: Uint8Array, start: number, end: number, target: Float64Array, index: number): number {
  if (end - start < 3 || end - start > 9) return DECIMAL_INVALID;
  switch (asciiSlice(bytes, start, end).toLowerCase()) {
    case 'nan':
      target[index] = NaN;
      return DECIMAL_OK;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      target[index] = Infinity;
      return DECIMAL_OK;
    case '-inf':
    case '-infinity':
      target[index] = -Infinity;
      return DECIMAL_OK;
    default:
      return DECIMAL_INVALID;
  }
}

/** `bytes[start, end)` as a string of characters 0–255. */
export function asciiSlice(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

const MAX_INT64 = '9223372036854775807';

/**
 * Reads all of `bytes[start, end)` as a non-negative integer of at most 63 bits, in decimal digits alone.
 * @returns the nearest double, or -1 when it is something else.
 */
export function readUnsignedInteger(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (((BYTE_CLASS[c] ?? 0) & DIGIT) === 0) return -1;
    value = value * 10 + (c - 48);
  }
  if (end - start <= MAX_EXACT_DIGITS) return value;
  const text = asciiSlice(bytes, start, end).replace(/^0+(?=.)/, '');
  if (text.length > MAX_INT64.length || (text.length === MAX_INT64.length && text > MAX_INT64)) return -1;
  return Number(text);
}
