import { DECIMAL_INVALID, DECIMAL_OK, readDecimal } from './decimal.ts';
import { SCRATCH } from './scanner.ts';
import type { Scanner } from './scanner.ts';

/** Reads `body[start, end)` as a value into `scanner.numbers[slot]`. */
export function readValue(scanner: Scanner, start: number, end: number, slot: number): void {
  const outcome = readDecimal(scanner.body, start, end, scanner.numbers, slot);
  if (outcome === DECIMAL_OK) return;
  scanner.fail(outcome === DECIMAL_INVALID ? 'invalid_value' : 'value_out_of_range', start);
}

/** Reads `body[start, end)` as OpenMetrics seconds. NaN and infinities are refused, fractions of a millisecond cut off. */
export function readSeconds(scanner: Scanner, start: number, end: number): number {
  const outcome = readDecimal(scanner.body, start, end, scanner.numbers, SCRATCH);
  const seconds = scanner.numbers[SCRATCH] ?? NaN;
  if (outcome !== DECIMAL_OK || !Number.isFinite(seconds)) scanner.fail('invalid_timestamp', start);
  return secondsToMs(seconds);
}

/**
 * Milliseconds of a decimal number of seconds.
 * A plain product turns 1.001 into 1000.9999999999999; what is that close to a whole millisecond was written as one.
 */
export function secondsToMs(seconds: number): number {
  const ms = seconds * 1000;
  const nearest = Math.round(ms);
  // Adding zero takes the sign off a zero.
  return (Math.abs(ms - nearest) < 1e-3 ? nearest : Math.trunc(ms)) + 0;
}

/** Checks the length of the entry that starts at `entryStart` and whose newline is at `newline`. */
export function checkLineLength(scanner: Scanner, newline: number): void {
  const length = newline - scanner.entryStart;
  if (length > scanner.limits.maxLineBytes) {
    scanner.exceed('line_bytes', scanner.limits.maxLineBytes, scanner.entryStart);
  }
  if (length > scanner.longestLine) scanner.longestLine = length;
}
