/**
 * Why a slot ended in `up 0`. Append only: the index in this list is the code in stored frames.
 */
export const FAILURE_REASONS = [
  'internal',
  'timeout',
  'connection_refused',
  'connection_reset',
  'connection_error',
  'dns',
  'tls',
  'http_status',
  'redirect',
  'content_type',
  'body_too_large',
  'wire_too_large',
  'header_too_large',
  'decompression',
  'truncated',
  'parse',
  'sample_limit',
  'label_limit',
  'address_denied',
  'too_many_open_files',
  'http_protocol',
  'line_too_long',
  'skipped',
  'relabel',
  'credentials',
] as const;

/** One of {@link FAILURE_REASONS}; bounded, so it is fit for a label of a metric. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

const CODE_OF_REASON: ReadonlyMap<string, number> = new Map(FAILURE_REASONS.map((reason, code) => [reason, code]));

/** The reason's code in stored frames. */
export function failureReasonCode(reason: FailureReason): number {
  return CODE_OF_REASON.get(reason) ?? 0;
}

/** The reason of a stored code; `internal` for a code of a later release. */
export function failureReasonOfCode(code: number): FailureReason {
  return FAILURE_REASONS[code] ?? 'internal';
}

/** Longest message of a {@link ScrapeFailure}, in UTF-16 code units. */
export const MAX_FAILURE_MESSAGE_LENGTH = 200;

/** What went wrong in the last attempt of a slot. */
export interface ScrapeFailure {
  readonly reason: FailureReason;
  /** For people; control characters escaped, at most {@link MAX_FAILURE_MESSAGE_LENGTH} long. */
  readonly message: string;
}

/** How one slot of one target ended. What Prometheus stores as `up` and the `scrape_*` series. */
export interface ScrapeReport {
  /** Whether the target's samples were taken. */
  readonly up: boolean;
  /** Why not; present exactly when `up` is false. */
  readonly failure?: ScrapeFailure | undefined;
  /** Seconds from the begin of the first attempt to the end of the last. */
  readonly durationSeconds: number;
  /** Samples in the body. */
  readonly samplesScraped: number;
  /** Samples left after relabelling. */
  readonly samplesPostRelabel: number;
  /** Series that the previous scrape of this target did not have. */
  readonly seriesAdded: number;
  /** HTTP requests made for this slot. */
  readonly attempts: number;
  /** Size of the body after decompression, in bytes; 0 when none came. */
  readonly bodyBytes: number;
}
