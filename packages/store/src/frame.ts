import type { ScrapeReport, SeriesSchema } from '@pulsekeeper/model';

/** The samples of one scrape: `values[i]` belongs to series `i` of `schema`. */
export interface FrameSamples {
  readonly schema: SeriesSchema;
  /** One double a series, kept bit for bit (NaN payloads and −0 included). Read during `append` only, never kept. */
  readonly values: Float64Array;
  /** Explicit timestamps, Unix milliseconds; NaN where a series has none. Leave out when no series has one. */
  readonly timestampsMs?: Float64Array | undefined;
  /** A hint only: the indices that the parser saw change. The writer compares with what it wrote itself. */
  readonly changed?: Uint32Array | undefined;
}

/** Everything that one scrape of one target yielded; stored as one entry of the target's stream. */
export interface Frame {
  /** The slot, Unix milliseconds, a positive integer. It is the identity of the scrape. */
  readonly slotMs: number;
  readonly intervalMs: number;
  /** The time of the samples that carry none themselves: the slot, or when the scrape really began. */
  readonly timestampMs: number;
  /** Told by the synthetic series (`up`, `scrape_duration_seconds`, …). The duration is kept to the microsecond. */
  readonly report: ScrapeReport;
  /** Absent for a failed scrape. */
  readonly samples: FrameSamples | undefined;
}
