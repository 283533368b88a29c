// Reads the timestamp behind a value.

import { NEWLINE, ZERO } from './bytes';
import { number, numberEnd, readNumber } from './number';

/** Reads the milliseconds of the text format up to a newline. @returns where it stands, or 0. */
export function readMilliseconds(start: i32, target: i32): i32 {
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
export function readSeconds(start: i32, target: i32): i32 {
  if (!readNumber(start) || <u32>load<u8>(numberEnd) != NEWLINE || !isFinite(number)) return 0;
  const ms = number * 1000;
  const nearest = floor(ms + 0.5);
  // Adding zero takes the sign off a zero.
  store<f64>(target, (abs(ms - nearest) < 1e-3 ? nearest : trunc(ms)) + 0);
  return numberEnd;
}
