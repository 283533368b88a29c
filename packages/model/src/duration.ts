import { InvalidDurationError } from './errors.ts';
import { showValue } from './show-value.ts';

/** The lengths of {@link UNIT_NAMES}. */
export const MILLISECOND_UNITS = [365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1] as const;
/** The units of durations in the order in which they are written. */
export const UNIT_NAMES = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const MAX_TEXT_LENGTH = 64;
/** Prometheus keeps durations in 64-bit nanoseconds, so this is the longest that it takes (292 years). */
const MAX_DURATION_MS = 9_223_372_036_854;
/** How many of {@link UNIT_NAMES} are written only when nothing smaller remains, since `90d` reads better than `12w6d`. */
const EXACT_UNITS = 2;

/**
 * Reads a Prometheus duration such as `15s`, `1h30m`, `500ms` or `0` into milliseconds.
 *
 * Units are y (365 days), w, d, h, m, s, ms, each at most once and in this order; whole numbers only. As in Prometheus
 * a number without a unit is refused, except `0`.
 *
 * @throws {@link InvalidDurationError} when the text is anything else, or longer than 292 years.
 */
export function parseDuration(text: string): number {
  if (text === '0') {
    return 0;
  }
  const match = text.length === 0 || text.length > MAX_TEXT_LENGTH ? null : DURATION.exec(text);
  if (match === null) {
    throw new InvalidDurationError(text, `${showValue(text)} is not a duration such as "15s", "1h30m" or "500ms"`);
  }
  let totalMs = 0;
  for (const [index, unitMs] of MILLISECOND_UNITS.entries()) {
    totalMs += Number(match[index + 1] ?? 0) * unitMs;
  }
  if (totalMs > MAX_DURATION_MS) {
    throw new InvalidDurationError(text, `${showValue(text)} is longer than 292 years`);
  }
  return totalMs;
}

/**
 * Writes milliseconds as Prometheus does: the inverse of {@link parseDuration}, `0s` for nothing. Fractions of a
 * millisecond are rounded.
 *
 * @throws RangeError when the number is negative, not finite or longer than 292 years.
 */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(durationMs);
  if (!(restMs >= 0 && restMs <= MAX_DURATION_MS)) {
    throw new RangeError(`a duration must be from 0 to 292 years in milliseconds, got ${durationMs}`);
  }
  if (restMs === 0) {
    return '0s';
  }
  let text = '';
  for (const [index, unitMs] of MILLISECOND_UNITS.entries()) {
    if (restMs >= unitMs && (index >= EXACT_UNITS || restMs % unitMs === 0)) {
      text += `${Math.floor(restMs / unitMs)}${UNIT_NAMES[index] ?? ''}`;
      restMs %= unitMs;
    }
  }
  return text;
}
