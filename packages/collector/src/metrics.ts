import type { FailureReason } from '@pulsekeeper/model';
import { Counter, Gauge, type Registry } from 'prom-client';

import { DurationHistogram } from './duration-histogram.ts';
import type { ProjectedSamples } from './record/series-projection.ts';
import { SLOT_COUNTS, type SlotCounts } from './schedule/slot-counters.ts';
import type { ScrapeOutcome } from './scrape/target-scraper.ts';

/** Samples of a scrape that were left out of what was stored. */
type LeftOut = Pick<ProjectedSamples, 'duplicates' | 'outOfBounds' | 'outOfOrder' | 'duplicateTimestamps'>;

/** What the metrics read from the parts of a collector when they are asked for. */
export interface MetricSources {
  slots(): SlotCounts;
  targets(): number;
  scrapesInFlight(): number;
  scrapesWaiting(): number;
  isConnected(): boolean;
  isDemoted(): boolean;
  members(): number;
  knownTargets(): number;
  registrationProblems(): number;
  rejectedTargets(): number;
  droppedTargets(): number;
  credentialProblems(): number;
  stalls(): number;
  clockDriftSeconds(): number;
  clockSkewSeconds(): number | undefined;
  store(): {
    bufferedFrames: number;
    bufferedBytes: number;
    writtenBytes: number;
    rewrittenFrames: number;
    isReady: boolean;
  };
}

/**
 * What a collector tells about itself. What happens per scrape is kept in plain numbers and turned into metrics only
 * when somebody asks; labels take values of closed lists only.
 */
export class CollectorMetrics {
  readonly #registry: Registry;
  readonly #durations: DurationHistogram;
  readonly #failures = new Map<FailureReason, number>();
  #duplicateSamples = 0;
  #outOfBoundsSamples = 0;
  #outOfOrderSamples = 0;
  #duplicateTimestampSamples = 0;
  #attempts = 0;
  #samples = 0;
  #bodyBytes = 0;
  #wireBytes = 0;
  #looks = 0;
  #failedLooks = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#durations = new DurationHistogram(
      'pulsekeeper_scrape_duration_seconds',
      'Time from the first attempt for a slot to the end of the last.',
      registry,
    );
    this.#counter('scrape_attempts_total', 'HTTP requests sent to targets.', () => this.#attempts);
    this.#counter('samples_total', 'Samples read from targets.', () => this.#samples);
    this.#counter(
      'samples_duplicate_total',
      'Samples left out since their series had come before in the same scrape.',
      () => this.#duplicateSamples,
    );
    this.#counter(
      'samples_out_of_bounds_total',
      'Samples left out since their timestamps were more than 10 minutes ahead, or an hour behind.',
      () => this.#outOfBoundsSamples,
    );
    this.#counter(
      'samples_out_of_order_total',
      'Samples left out since their timestamps were older than those before.',
      () => this.#outOfOrderSamples,
    );
    this.#counter(
      'samples_duplicate_timestamp_total',
      'Samples left out since those before had the same timestamps and other values.',
      () => this.#duplicateTimestampSamples,
    );
    this.#counter('scrape_body_bytes_total', 'Bytes of bodies after decompression.', () => this.#bodyBytes);
    this.#counter('scrape_wire_bytes_total', 'Bytes of bodies as they came.', () => this.#wireBytes);
    this.#counter('slot_looks_total', 'Slots looked up in the store before scraping.', () => this.#looks);
    this.#counter(
      'slot_looks_failed_total',
      'Of these, slots that the store did not answer for.',
      () => this.#failedLooks,
    );
    const failures = this.#failures;
    new Counter({
      name: 'pulsekeeper_scrape_failures_total',
      help: 'Attempts that failed, by reason.',
      labelNames: ['reason'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [reason, count] of failures) this.inc({ reason }, count);
      },
    });
  }

  /** Samples read since the start. */
  get samples(): number {
    return this.#samples;
  }

  /** Failed attempts by reason since the start. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failures);
  }

  /** Counts one scrape with its attempts, and the samples that were left out of what was stored. */
  observeScrape(outcome: ScrapeOutcome, stored?: LeftOut): void {
    this.#duplicateSamples += (outcome.exposition?.duplicates ?? 0) + (stored?.duplicates ?? 0);
    this.#outOfBoundsSamples += stored?.outOfBounds ?? 0;
    this.#outOfOrderSamples += stored?.outOfOrder ?? 0;
    this.#duplicateTimestampSamples += stored?.duplicateTimestamps ?? 0;
    this.#attempts += outcome.attempts;
    this.#samples += outcome.exposition?.size ?? 0;
    this.#bodyBytes += outcome.bodyBytes;
    this.#wireBytes += outcome.wireBytes;
    this.#durations.observe(outcome.durationMs / 1000);
    for (const { reason } of outcome.retried) this.#countFailure(reason);
    if (outcome.error !== undefined) this.#countFailure(outcome.error.reason);
  }

  /** Counts slots that were looked up. */
  countLooks(count: number, isAnswered: boolean): void {
    this.#looks += count;
    if (!isAnswered) this.#failedLooks += count;
  }

  /** Adds the metrics that are read from the parts of the collector. */
  expose(sources: MetricSources): void {
    new Counter({
      name: 'pulsekeeper_slots_total',
      help: 'Slots of the targets of this collector by how they ended; failed and late ones are among the written.',
      labelNames: ['result'],
      registers: [this.#registry],
      collect() {
        this.reset();
        const counts = sources.slots();
        for (const result of SLOT_COUNTS) this.inc({ result }, counts[result]);
      },
    });
    this.#gauge('targets', 'Targets that this collector has a part in.', () => sources.targets());
    this.#gauge('targets_rejected', 'Of these, those whose registration is wrong.', () => sources.rejectedTargets());
    this.#gauge('targets_dropped', 'Of these, those that relabelling leaves out.', () => sources.droppedTargets());
    this.#gauge(
      'credentials_problems',
      'Profiles of credentials, and the file of them, that could not be read at the last look.',
      () => sources.credentialProblems(),
    );
    this.#gauge('scrapes_in_flight', 'Scrapes that are running.', () => sources.scrapesInFlight());
    this.#gauge('scrapes_waiting', 'Scrapes that wait for their turn.', () => sources.scrapesWaiting());
    this.#gauge('zookeeper_connected', 'Whether the session is connected.', () => Number(sources.isConnected()));
    this.#gauge(
      'demoted',
      'Whether slots are looked up before they are scraped, since others may have taken over.',
      () => Number(sources.isDemoted()),
    );
    this.#gauge('ring_members', 'Collectors that own targets at this moment.', () => sources.members());
    this.#gauge('cluster_targets', 'Targets in the last good view of ZooKeeper.', () => sources.knownTargets());
    this.#gauge('registration_problems', 'Znodes that could not be taken as they are.', () =>
      sources.registrationProblems(),
    );
    this.#counter('stalls_total', 'How often the process was found to have stood still.', () => sources.stalls());
    this.#gauge('clock_drift_seconds', 'Clock of Redis minus slot time, which follows it.', () =>
      sources.clockDriftSeconds(),
    );
    this.#gauge(
      'clock_skew_seconds',
      'Clock of this machine minus that of Redis.',
      () => sources.clockSkewSeconds() ?? NaN,
    );
    this.#gauge('store_ready', 'Whether frames reach Redis.', () => Number(sources.store().isReady));
    this.#gauge('store_buffered_frames', 'Frames that wait for Redis.', () => sources.store().bufferedFrames);
    this.#gauge('store_buffered_bytes', 'Bytes that wait for Redis.', () => sources.store().bufferedBytes);
    this.#counter('store_written_bytes_total', 'Bytes of frames sent to Redis.', () => sources.store().writtenBytes);
    this.#counter(
      'store_rewritten_frames_total',
      'Frames written again after Redis had lost them.',
      () => sources.store().rewrittenFrames,
    );
  }

  #countFailure(reason: FailureReason): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      name: `pulsekeeper_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `pulsekeeper_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
