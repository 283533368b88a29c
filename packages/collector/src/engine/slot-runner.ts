import type { Logger, ScrapeReport, TargetId } from '@pulsekeeper/model';
import type { AppendOutcome } from '@pulsekeeper/store';

import { buildFrame, isLate } from '../record/build-frame.ts';
import { jobClassOf } from '../schedule/job-class.ts';
import type { JobClass } from '../schedule/scrape-gate.ts';
import { AttemptLog, type SlotAttempts } from '../scrape/attempt-log.ts';
import type { ScrapeOutcome } from '../scrape/target-scraper.ts';
import type { EngineContext } from './engine-context.ts';
import { FailureLog } from './failure-log.ts';
import type { Schedule } from './schedule.ts';
import type { SlotTally } from './slot-tally.ts';

/** A slot to scrape. */
export interface SlotJob {
  readonly slotMs: number;
  readonly intervalMs: number;
  /** It makes good a slot, rather than being on time. */
  readonly isCatchUp: boolean;
  /** It stands in for the owner. */
  readonly isBackup: boolean;
}

/** How fast the memory of slow others fades, a slot that they dealt with: a few dozen slots halve it. */
const FADING = 0.97;

/**
 * Scrapes one target for the slots that it is given and hands the frames to the store: one scrape in flight, one more slot
 * waiting behind it.
 *
 * The schedule may be replaced at any moment. With the same interval what waits goes on by the new one; otherwise it is
 * given up. What is in flight ends by the schedule it began with.
 */
export class SlotRunner {
  readonly #context: EngineContext;
  readonly #tally: SlotTally;
  readonly #failures: FailureLog;
  readonly #attempts = new AttemptLog();
  #schedule: Schedule | undefined;
  /** The slot being scraped or waiting at the gate. */
  #job: SlotJob | undefined;
  #waiting: SlotJob | undefined;
  /** The schedule of the scrape that is on its way. */
  #inFlight: Schedule | undefined;
  #lastDurationMs = 0;
  #othersDurationMs = 0;
  #last: { readonly slotMs: number; readonly report: ScrapeReport } | undefined;
  /** Set once the target is given up: the moment from which on no slot of it is expected, or that others go on. */
  #released: { readonly endMs: number | undefined } | undefined;

  constructor(id: TargetId, context: EngineContext, tally: SlotTally, logger: Logger) {
    this.#context = context;
    this.#tally = tally;
    this.#failures = new FailureLog(id, logger);
  }

  /** How long the last scrape took. */
  get lastDurationMs(): number {
    return this.#lastDurationMs;
  }

  /** How long others seem to take for a slot: learnt from frames that came too late, forgotten slowly; 0 when there are none. */
  get othersDurationMs(): number {
    return this.#othersDurationMs;
  }

  /** What came of the last scrape. */
  get last(): { readonly slotMs: number; readonly report: ScrapeReport } | undefined {
    return this.#last;
  }

  get failuresInARow(): number {
    return this.#failures.inARow;
  }

  /** The attempts of the latest slots that did not go well at once. */
  get attempts(): readonly SlotAttempts[] {
    return this.#attempts.latest;
  }

  /** Goes on by another schedule, or by none. */
  use(schedule: Schedule | undefined): void {
    const previous = this.#schedule;
    this.#schedule = schedule;
    if (!this.#isOfUse(this.#waiting)) this.#waiting = undefined;
    if (previous !== undefined && previous !== this.#inFlight) this.#dispose(previous);
  }

  /**
   * Takes no more slots; what is in flight is finished and written.
   *
   * @param endMs - First moment whose slots nobody is expected to scrape, when the target has left the cluster.
   */
  release(endMs: number | undefined): void {
    this.#released = { endMs };
    this.use(undefined);
  }

  /** Scrapes the slot, at once or after the one in flight; one that was waiting is then missed. */
  begin(job: SlotJob): void {
    if (this.#job === undefined) {
      this.#enter(job);
      return;
    }
    if (this.#waiting !== undefined) this.#tally.countMissed(1);
    this.#waiting = job;
  }

  /** Somebody else has dealt with a slot. */
  noteCovered(): void {
    this.#tally.count('covered');
    this.#othersDurationMs *= FADING;
  }

  #enter(job: SlotJob): void {
    this.#job = job;
    const jobClass = jobClassOf(job.isCatchUp, this.#last?.report.failure?.reason);
    this.#context.gate.enter(() => {
      this.#context.track(this.#run(job).finally(() => this.#leave(jobClass)));
    }, jobClass);
  }

  #leave(jobClass: JobClass): void {
    const used = this.#inFlight;
    const waiting = this.#waiting;
    this.#job = undefined;
    this.#inFlight = undefined;
    this.#waiting = undefined;
    this.#context.gate.leave(jobClass);
    if (used !== undefined && used !== this.#schedule) this.#dispose(used);
    if (waiting !== undefined) this.#enter({ ...waiting, isCatchUp: true });
  }

  async #run(job: SlotJob): Promise<void> {
    const { clock, active, createScraper } = this.#context;
    const schedule = this.#schedule;
    // Given up while it waited: whoever has the target now looks for the slot.
    if (schedule === undefined || !this.#isOfUse(job)) return;
    const endMs = job.slotMs + job.intervalMs;
    const startMs = clock.now();
    if (startMs >= endMs) {
      this.#tally.countMissed(1);
      return;
    }
    this.#tally.count('expected');
    if (job.isBackup) this.#tally.count('rescued');
    this.#inFlight = schedule;
    const stallsBefore = this.#context.stallCount();
    schedule.scraper ??= createScraper(schedule.target);
    const { scraper } = schedule;
    active.add(scraper);
    const outcome = await scraper.scrape(clock.untilMs(endMs));
    // Whoever closes an active scraper takes it out: what came of that says nothing about the target.
    const wasBrokenOff = !active.delete(scraper);
    // The process stood still meanwhile: whatever came of it is of a slot that others have dealt with.
    const isStale = this.#context.stallCount() !== stallsBefore && clock.now() >= endMs;
    if (wasBrokenOff || isStale) {
      this.#tally.count('missed');
      return;
    }
    const { exposition } = outcome;
    const preparing = exposition === undefined ? undefined : schedule.projection.prepare(exposition, job.slotMs);
    const refusal = preparing instanceof Promise ? await preparing : preparing;
    const judged = refusal === undefined ? outcome : { ...outcome, exposition: undefined, error: refusal };
    this.#record(schedule, job.slotMs, startMs + outcome.lastAttemptAfterMs, judged);
  }

  #record(schedule: Schedule, slotMs: number, begunAtMs: number, outcome: ScrapeOutcome): void {
    const { intervalMs, projection, writer } = schedule;
    const frame = buildFrame({ slotMs, intervalMs, begunAtMs, outcome, projection });
    this.#lastDurationMs = outcome.durationMs;
    this.#last = { slotMs, report: frame.report };
    this.#context.metrics.observeScrape(outcome, frame.samples);
    this.#failures.note(outcome);
    this.#attempts.note(slotMs, begunAtMs - outcome.lastAttemptAfterMs, outcome);
    const late = isLate(begunAtMs, slotMs, intervalMs);
    this.#context.track(writer.append(frame).then((end) => this.#onAppended(end, slotMs, frame.report.up, late)));
  }

  #onAppended(end: AppendOutcome, slotMs: number, isUp: boolean, late: boolean): void {
    if (end === 'doubled' || end === 'dropped') {
      this.#tally.count(end);
      if (end === 'doubled') this.#othersDurationMs = this.#context.clock.now() - slotMs;
      return;
    }
    this.#tally.count('written');
    if (!isUp) this.#tally.count('failed');
    if (late) this.#tally.count('late');
  }

  /** Whether a slot belongs to the rhythm in force. */
  #isOfUse(job: SlotJob | undefined): boolean {
    return job !== undefined && job.intervalMs === this.#schedule?.intervalMs;
  }

  #dispose({ scraper, writer }: Schedule): void {
    if (scraper !== undefined) this.#context.close(scraper);
    if (this.#released === undefined) return;
    const { endMs } = this.#released;
    if (endMs !== undefined) this.#context.track(writer.end(endMs));
    writer.close();
  }
}
