import { cutText, escapeUnsafe, MAX_FAILURE_MESSAGE_LENGTH, type FailureReason } from '@pulsekeeper/model';

/** One attempt to scrape a target failed; `reason` says why in a form fit for a metric's label. */
export class ScrapeError extends Error {
  readonly reason: FailureReason;
  /** Whether another attempt within the slot may do better. */
  readonly retryable: boolean;
  /** How long the target asked to be left alone, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: FailureReason,
    message: string,
    options?: ErrorOptions & { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined },
  ) {
    super(printable(message), options);
    this.name = 'ScrapeError';
    this.reason = reason;
    this.retryable = options?.retryable ?? isTransient(reason);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/**
 * Whether an attempt that failed so is worth repeating at once. What the target answered deliberately, and what would
 * come out the same again, is not.
 */
export function isTransient(reason: FailureReason): boolean {
  switch (reason) {
    case 'timeout':
    case 'connection_refused':
    case 'connection_reset':
    case 'connection_error':
    case 'dns':
    case 'truncated':
    case 'http_protocol':
    case 'too_many_open_files':
    case 'decompression':
      return true;
    case 'tls':
    case 'http_status':
    case 'redirect':
    case 'content_type':
    case 'body_too_large':
    case 'wire_too_large':
    case 'header_too_large':
    case 'parse':
    case 'sample_limit':
    case 'label_limit':
    case 'line_too_long':
    case 'address_denied':
    case 'skipped':
    case 'relabel':
    case 'credentials':
    case 'internal':
      return false;
  }
}

/** Text from outside, fit for a log line: unsafe characters escaped, at most 200 characters. */
export function printable(text: string): string {
  // Cut first: escaping a text of megabytes only to cut it would be work that a target can ask for.
  return cutText(escapeUnsafe(text.slice(0, 2 * MAX_FAILURE_MESSAGE_LENGTH)), MAX_FAILURE_MESSAGE_LENGTH);
}
