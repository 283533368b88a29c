const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Fewer significant digits than a double tells apart: a text of so many is the only one of its number, so the shortest. */
const SHORT_BOUND = 1e15;
/** Whole numbers up to this are exact, and have at most 16 digits. */
const MOST_WHOLE = Number.MAX_SAFE_INTEGER;

/** Most bytes that {@link putDecimal} writes: 17 digits behind `-0.00000`. */
export const MOST_DECIMAL_BYTES = 25;

/**
 * Writes a finite number as the shortest decimal text that reads back as the same double, −0 included.
 *
 * @returns how many bytes it took
 */
export function putDecimal(bytes: Uint8Array, at: number, value: number): number {
  if (Number.isInteger(value) && Math.abs(value) <= MOST_WHOLE) {
    if (value === 0 && 1 / value < 0) {
      bytes[at] = MINUS;
      bytes[at + 1] = ZERO;
      return 2;
    }
    return putWhole(bytes, at, value);
  }
  const short = putFraction(bytes, at, value);
  if (short > 0) return short;
  const text = String(value);
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  return text.length;
}

/** Writes a number of at most six decimals and 15 digits. @returns how many bytes it took; 0 for any other number */
function putFraction(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  let decimals = 3;
  let scale = 1e3;
  let scaled = Math.round(size * scale);
  // Dividing whole numbers rounds as reading the text does.
  if (scaled / scale !== size) {
    decimals = 6;
    scale = 1e6;
    scaled = Math.round(size * scale);
    if (scaled / scale !== size) return 0;
  }
  if (scaled >= SHORT_BOUND) return 0;
  let position = at;
  if (value < 0) bytes[position++] = MINUS;
  const whole = Math.floor(scaled / scale);
  let fraction = (scaled - whole * scale) | 0;
  position += putWhole(bytes, position, whole);
  bytes[position] = POINT;
  for (; fraction % 10 === 0; fraction = (fraction / 10) | 0) decimals--;
  for (let digit = decimals; digit > 0; digit--) {
    const next = (fraction / 10) | 0;
    bytes[position + digit] = ZERO + (fraction - next * 10);
    fraction = next;
  }
  return position + 1 + decimals - at;
}

function putWhole(bytes: Uint8Array, at: number, value: number): number {
  let start = at;
  let rest = value;
  if (value < 0) {
    bytes[start++] = MINUS;
    rest = -value;
  }
  const length = digitsOf(rest);
  let position = start + length;
  // Beyond 32 bits divisions are slow: the lower nine digits are split off first.
  while (rest >= 1e9) {
    const upper = Math.floor(rest / 1e9);
    let lower = rest - upper * 1e9;
    for (let digit = 0; digit < 9; digit++) {
      const next = (lower / 10) | 0;
      bytes[--position] = ZERO + (lower - next * 10);
      lower = next;
    }
    rest = upper;
  }
  let small = rest | 0;
  do {
    const next = (small / 10) | 0;
    bytes[--position] = ZERO + (small - next * 10);
    small = next;
  } while (position > start);
  return start + length - at;
}

/** How many decimal digits a whole number from 0 has. */
export function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  return digits;
}
