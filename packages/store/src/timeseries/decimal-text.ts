const MINUS = 45;
const ZERO = 48;
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
  const text = String(value);
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  return text.length;
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
