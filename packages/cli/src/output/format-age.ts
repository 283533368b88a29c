/** A span as people say it, one unit, at most four characters up to 99 days: `320ms`, `4s`, `12m`, `3h`, `9d`. */
export function formatSpan(spanMs: number): string {
  const ms = Math.max(0, spanMs);
  if (ms < 1000) {
    return `${Math.round(ms)}ms`;
  }
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) {
    return `${seconds}s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) {
    return `${minutes}m`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** How long ago a moment was, in whole seconds at least, `-` for none. One in the future (clocks differ) is `0s ago`. */
export function formatAge(timeMs: number | undefined, nowMs: number): string {
  if (timeMs === undefined) {
    return '-';
  }
  const ageMs = nowMs - timeMs;
  return ageMs < 1000 ? '0s ago' : `${formatSpan(ageMs)} ago`;
}

/** The local time of day `14:03:27.250` of a moment; milliseconds only where there are any. */
export function formatClock(timeMs: number): string {
  const date = new Date(timeMs);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'));
  const ms = date.getMilliseconds();
  return `${time.join(':')}${ms === 0 ? '' : `.${String(ms).padStart(3, '0')}`}`;
}

/** A moment as RFC 3339 in UTC, without milliseconds where there are none. */
export function formatInstant(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}
