import { formatDuration, parseDuration } from '@pulsekeeper/model';

import { usageError } from '../errors.ts';
import { formatInstant } from '../output/format-age.ts';

/** A range of time, both ends in Unix milliseconds; `fromMs` is below `untilMs`. */
export interface TimeRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

const EXPECTED = 'expected an age such as 5m or 1h30m, a time such as 2026-01-31T12:00:00Z, or Unix seconds';
const RFC3339 = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i;
/** Of `2026-01-31`. */
const DATE_LENGTH = 10;
const UNIX_SECONDS = /^\d{9,10}(?:\.\d{1,6})?$/;

/**
 * Reads `--since` and `--until`.
 *
 * @throws CliError `Usage` that names the option, the value and what is allowed
 */
export function parseTimeRange(
  input: { readonly since: string; readonly until?: string | undefined },
  nowMs: number,
): TimeRange {
  const fromMs = parseInstant('--since', input.since, nowMs);
  const untilMs = input.until === undefined ? nowMs : parseInstant('--until', input.until, nowMs);
  if (fromMs >= untilMs) {
    throw usageError(
      `--since ${input.since} (${formatInstant(fromMs)}) is not before ${input.until === undefined ? 'now' : `--until ${input.until}`} (${formatInstant(untilMs)})`,
    );
  }
  return { fromMs, untilMs };
}

/** A moment as Unix milliseconds: an age before now, RFC 3339 with a zone, Unix seconds, or `now`. */
export function parseInstant(option: string, text: string, nowMs: number): number {
  if (text === 'now') {
    return nowMs;
  }
  if (UNIX_SECONDS.test(text)) {
    return Math.round(Number(text) * 1000);
  }
  if (RFC3339.test(text) && isDay(text.slice(0, DATE_LENGTH))) {
    const timeMs = Date.parse(text.replace(' ', 'T'));
    if (!Number.isNaN(timeMs)) {
      return timeMs;
    }
  }
  const ageMs = tryDuration(text);
  if (ageMs === undefined) {
    throw usageError(`${option} "${text}": ${EXPECTED}`);
  }
  return nowMs - ageMs;
}

/**
 * Reads an option that is a duration, in milliseconds.
 *
 * @throws CliError `Usage` when it is none, is below `minMs` or above `maxMs`
 */
export function parseDurationOption(
  option: string,
  text: string,
  bounds: { readonly minMs: number; readonly maxMs: number },
): number {
  const valueMs = tryDuration(text);
  if (valueMs === undefined || valueMs < bounds.minMs || valueMs > bounds.maxMs) {
    throw usageError(
      `${option} "${text}": expected a duration from ${formatDuration(bounds.minMs)} to ${formatDuration(bounds.maxMs)}`,
    );
  }
  return valueMs;
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const timeMs = Date.parse(date);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(date);
}

function tryDuration(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    // The caller's message says more than the parser's: which option, and what else is allowed.
    return undefined;
  }
}
