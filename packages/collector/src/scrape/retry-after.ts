/** A day: longer waits are as good as none for a scraper, and the number stays sane. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds or an HTTP date.
 *
 * @param nowMs - Unix ms, for the date form.
 * @returns Milliseconds from now, 0 for a date that has passed, at most a day; undefined when the header is absent or
 * makes no sense.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_RETRY_AFTER_MS);
  // Date.parse accepts a good deal more than the three forms of an HTTP date, all of which begin with a weekday.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) return undefined;
  return Math.min(Math.max(atMs - nowMs, 0), MAX_RETRY_AFTER_MS);
}
