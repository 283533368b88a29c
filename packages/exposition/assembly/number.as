// Reads decimals, rounded correctly.

import { LOWER_E, MINUS, PLUS, POINT, ZERO } from './bytes';

// What `readNumber` has read.
export let number: f64 = 0;
export let numberEnd: i32 = 0;

const POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/**
 * Reads a decimal of up to 19 digits with a small exponent, rounded correctly, into `number`, and where it ends into
 * `numberEnd`. Everything else is the driver's.
 * @returns whether there was one
 */
export function readNumber(start: i32): bool {
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

/** Puts a number in the place of the one read. */
export function setNumber(value: f64): void {
  number = value;
}
