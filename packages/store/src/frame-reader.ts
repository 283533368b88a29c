import type {
  Aggregator,
  FailureReason,
  LabelSet,
  Matcher,
  MetricMetadata,
  ScrapeReport,
  TargetId,
} from '@pulsekeeper/model';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * One value for each bucket that has any, staleness markers and other NaN left aside: `bucketMs` from a multiple of it on, the
 * time of the value being its begin.
 */
export interface Aggregation {
  readonly aggregator: Aggregator;
  readonly bucketMs: number;
}

export interface SelectOptions extends ReadOptions {
  /** Where the samples are time series of their own, Redis computes it. @defaultValue the samples as they are */
  readonly aggregation?: Aggregation | undefined;
}

/**
 * One series over a range: parallel arrays in the order of time, no time twice. Not to be written to: series of one target may
 * share the array of times.
 */
export interface SeriesResult {
  readonly target: TargetId;
  /** With `__name__` and the target's labels. */
  readonly labels: LabelSet;
  readonly timestampsMs: Float64Array;
  /** {@link isStaleMarker} tells where the series was absent. */
  readonly values: Float64Array;
}

/** What a stream entry is: a scrape with samples, a failed scrape, or the mark that the target left. */
export type SlotKind = 'samples' | 'failure' | 'end';

/** The header of one stored frame. */
export interface SlotRecord {
  readonly slotMs: number;
  readonly intervalMs: number;
  readonly timestampMs: number;
  readonly kind: SlotKind;
  readonly up: boolean;
  readonly failure?: { readonly reason: FailureReason; readonly message: string } | undefined;
  /** How long the scrape took, all attempts together; 0 for the mark that the target left. */
  readonly durationSeconds: number;
  /** Attempts within the slot; 0 for the mark that the target left. */
  readonly attempts: number;
  /** Who wrote it, where the range read tells it. */
  readonly collector?: string | undefined;
  /** Written after newer frames of the target. */
  readonly late: boolean;
  /** Bytes of the encoded frame. */
  readonly sizeBytes: number;
}

/** How a slot ended, without what takes longer to tell. */
export type SlotOutcome = Pick<SlotRecord, 'slotMs' | 'intervalMs' | 'timestampMs' | 'kind' | 'up'>;

/** Some outcomes of one target, in the order of slots, late frames at their place. */
export interface OutcomePage {
  readonly target: TargetId;
  readonly outcomes: readonly SlotOutcome[];
  /** Whether nothing more comes of this target. */
  readonly isLast: boolean;
}

export interface OutcomeOptions extends ReadOptions {
  /** Whether the newest record before the range is told, too, however long before it is. @defaultValue false */
  readonly withBefore?: boolean | undefined;
}

/** What {@link FrameReader.lastReports} takes. */
export interface LastReportOptions extends ReadOptions {
  /**
   * Whether it is told who scraped. Only key frames hold that, so most targets are then looked at twice.
   *
   * @defaultValue true
   */
  readonly withCollector?: boolean | undefined;
}

/** The newest scrape of a target. */
export interface LastReport {
  readonly slotMs: number;
  readonly intervalMs: number;
  readonly timestampMs: number;
  readonly report: ScrapeReport;
  /** Absent, too, where it was not asked for. */
  readonly collector: string | undefined;
  /** Set when the target left after this slot. */
  readonly endedMs: number | undefined;
}

/** A target that the store knows; it is forgotten when its last frame is older than its retention. */
export interface StoredTarget {
  readonly id: TargetId;
  readonly labels: LabelSet;
  readonly retentionMs: number;
  /** Ids of the schemas its frames may use. */
  readonly schemaIds: readonly string[];
}

/** One series as the index knows it. */
export interface StoredSeries {
  readonly target: TargetId;
  readonly labels: LabelSet;
}

/**
 * Reads what writers stored. Every method rejects with a {@link StoreError}: `Unavailable` or `NotServing` when Redis
 * cannot be asked, `Aborted` after `signal`. A frame that cannot be decoded is skipped, with a warning and a count.
 */
export interface FrameReader {
  /**
   * The series that all matchers accept, target by target (so memory is bounded by one target's range), with the
   * points of `fromMs ≤ t ≤ toMs`. Where a series is absent from a slot, or the scrape failed, it has one staleness
   * marker; further slots without it add nothing.
   *
   * A sample that the target gave a time of its own is found at that time. Of several of one time the first scraped counts.
   * Where frames of the range have such samples, those of the five minutes after it are looked through, too: a sample that was scraped
   * later than that is found only by ranges that hold its slot. No staleness marker follows such a sample, as in Prometheus.
   */
  select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    options?: SelectOptions,
  ): AsyncIterable<SeriesResult>;
  /** Headers only, in the order of slots, late frames at their place. */
  slots(target: TargetId, fromMs: number, toMs: number, options?: ReadOptions): AsyncIterable<SlotRecord>;
  /**
   * How the slots of many targets ended, for counting them: with a round trip for many targets, and memory for some thousand
   * slots. One or more pages for each target, one target after the other in the order given.
   */
  outcomes(
    targets: readonly TargetId[],
    fromMs: number,
    toMs: number,
    options?: OutcomeOptions,
  ): AsyncIterable<OutcomePage>;
  /** The newest scrape of each target; those without any are left out. */
  lastReports(ids: readonly TargetId[], options?: LastReportOptions): Promise<Map<TargetId, LastReport>>;
  /** Every target that has frames within its retention, in the order of ids. */
  targets(options?: ReadOptions): Promise<StoredTarget[]>;
  /** From the index, without reading frames; includes the synthetic series of the targets. */
  seriesOf(matchers: readonly Matcher[], options?: ReadOptions): Promise<StoredSeries[]>;
  labelNames(options?: ReadOptions): Promise<string[]>;
  labelValues(name: string, options?: ReadOptions): Promise<string[]>;
  /** Type, help and unit by metric name; several where targets disagree. */
  metricMetadata(metric?: string, options?: ReadOptions): Promise<Map<string, readonly MetricMetadata[]>>;
}
