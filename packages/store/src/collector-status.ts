/**
 * A collector's heartbeat, kept in Redis as JSON under its id and forgotten after its time to live. The store does not
 * interpret the fields; `pulsekeeper status` does.
 */
export interface CollectorStatus {
  readonly id: string;
  readonly publishedAtMs: number;
  /** Anything else that is JSON: slot counters, samples a second, ring version, lag, skew, buffer. */
  readonly [field: string]: unknown;
}
