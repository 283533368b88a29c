import {
  phaseMs,
  slotAfter,
  slotAtOrBefore,
  type Logger,
  type Parsed,
  type ScrapeReport,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import type { AppendOutcome, TargetWriter } from '@pulsekeeper/store';

import type { Acquisition, Predecessor } from '../assignment/acquisition.ts';
import { approachSlot, boundaryCheckMs, takeoverCheckMs } from '../assignment/slot-approach.ts';
import { slotsLeftOut } from '../assignment/slots-left-out.ts';
import { buildFrame, isLate } from '../record/build-frame.ts';
import { projectionOptions } from '../record/projection-options.ts';
import { SeriesProjection } from '../record/series-projection.ts';
import { SlotCounters, type SlotCount } from '../schedule/slot-counters.ts';
import { AttemptLog } from '../scrape/attempt-log.ts';
import type { ScrapeOutcome, SlotScraper } from '../scrape/target-scraper.ts';
import type { DueItem, EngineContext } from './engine-context.ts';
import { FailureLog } from './failure-log.ts';
import type { TargetState } from './target-state.ts';

/** A target with its schedule, once its registration has been read and is good. */
interface Schedule {
  readonly target: Target;
  readonly intervalMs: number;
  readonly phaseMs: number;
  readonly projection: SeriesProjection;
  readonly writer: TargetWriter;
  /** Made at the first scrape: backups seldom need it. */
  scraper: SlotScraper | undefined;
}

/**
 * One target that this collector has a part in, from its acquisition to its release.
 *
 * Each slot goes one of these ways; what decides is in `assignment/`:
 *
 * | slot comes due as | it is |
 * | --- | --- |
 * | owner, sure of it | scraped at once |
 * | owner by a fresh take-over, or unsure (demoted) | looked up a little later, scraped if missing |
 * | backup | looked up later, scraped if missing |
 * | without a part in that slot | passed over |
 *
 * A slot is never scraped twice by one task, at most one scrape is in flight, and a slot that is over is not scraped.
 */
export class TargetTask {
  readonly id: TargetId;
  readonly counters = new SlotCounters();
  readonly #context: EngineContext;
  readonly #failures: FailureLog;
  readonly #attempts = new AttemptLog();
  #schedule: Schedule | undefined;
  #rejection: string | undefined;
  /** Counts the schedules: items of an earlier one are void. */
  #generation = 0;
  #acquisition: Acquisition = { kind: 'none' };
  #cautiousUntilMs = -Infinity;
  #recentOwner: Predecessor | undefined;
  /** After one that is gone: since when its slots are known to have been expected. */
  #knownFromMs = Infinity;
  /** The first slot at or after it is looked up without waiting: the previous owner's clock may differ. */
  #verifyFirstFromMs = Infinity;
  /** The newest slot that was scraped, found in the store or begun. */
  #settledSlotMs = -Infinity;
  #nextSlotMs: number | undefined;
  /** The slot being scraped or waiting at the gate. */
  #busySlotMs: number | undefined;
  #waitingSlotMs: number | undefined;
  #lastDurationMs = 0;
  /** How long others seem to take for a slot: learnt from frames that came too late, forgotten slowly. */
  #othersDurationMs = 0;
  #last: { readonly slotMs: number; readonly report: ScrapeReport } | undefined;
  #endsTarget = false;
  #isReleased = false;

  constructor(id: TargetId, context: EngineContext, logger: Logger) {
    this.id = id;
    this.#context = context;
    this.#failures = new FailureLog(id, logger);
  }

  /** Takes the target over in one of the ways of {@link Acquisition}; `kept` and `none` change nothing. */
  acquire(acquisition: Acquisition, nowMs: number, knownFromMs = Infinity): void {
    if (acquisition.kind === 'kept' || acquisition.kind === 'none') return;
    this.#acquisition = acquisition;
    const isAfterGone = acquisition.kind === 'takeover' && acquisition.predecessor === 'gone';
    this.#knownFromMs = isAfterGone ? knownFromMs : Infinity;
    if (acquisition.kind === 'takeover' && acquisition.predecessor !== 'none') {
      this.#recentOwner = acquisition.predecessor;
      this.#cautiousUntilMs = nowMs + this.#context.cautionMs;
    }
    if (acquisition.kind === 'planned') this.#verifyFirstFromMs = acquisition.fromMs;
    if (this.#schedule !== undefined) this.#inherit(this.#schedule, nowMs);
  }

  /** Sets what the registration says; undefined while it has not been read, or no longer exists. */
  configure(parsed: Parsed<Target> | undefined, nowMs: number): void {
    this.#rejection = parsed?.ok === false ? parsed.reason : undefined;
    const target = parsed?.ok === true ? parsed.value : undefined;
    if (target === undefined) {
      this.#retire();
      return;
    }
    const isFirst = this.#schedule === undefined;
    this.#retire();
    this.#schedule = this.#scheduleOf(target);
    if (isFirst) this.#inherit(this.#schedule, nowMs);
    this.#await(slotAfter(Math.max(nowMs, this.#settledSlotMs), target.rule.intervalMs, this.#schedule.phaseMs));
  }

  /**
   * Gives the target up: no new slot is begun, what is in flight is finished and written.
   *
   * @param hasLeft - The target is gone from the cluster, so no further slot is expected of anybody.
   */
  release(hasLeft: boolean): void {
    this.#isReleased = true;
    this.#endsTarget = hasLeft;
    this.#retire();
  }

  /** Whether anything is in flight. */
  get isBusy(): boolean {
    return this.#busySlotMs !== undefined;
  }

  /** Handles a slot that has come. Returns the item to look up when that is to be done at once. */
  onSlotDue(item: DueItem, nowMs: number): DueItem | undefined {
    const schedule = this.#schedule;
    if (schedule === undefined || item.generation !== this.#generation) return undefined;
    const { intervalMs } = schedule;
    const slotMs = slotAtOrBefore(nowMs, intervalMs, schedule.phaseMs);
    if (slotMs < item.slotMs) {
      // The timer was a little early.
      this.#await(item.slotMs);
      return undefined;
    }
    this.#countPassed(item.slotMs, slotMs, intervalMs);
    this.#await(slotMs + intervalMs);
    const rank = this.#context.plan().rankAt(this.id, slotMs);
    if (rank < 0 || slotMs <= this.#settledSlotMs) return undefined;
    const isFirst = rank === 0 && slotMs >= this.#verifyFirstFromMs;
    const approach = approachSlot({
      rank,
      isDemoted: this.#context.isDemoted(),
      recentOwner: nowMs < this.#cautiousUntilMs ? this.#recentOwner : undefined,
      intervalMs,
      lastDurationMs: Math.max(this.#lastDurationMs, this.#othersDurationMs),
    });
    if (isFirst) this.#verifyFirstFromMs = Infinity;
    if (approach.kind === 'scrape' && !isFirst) {
      this.#begin(schedule, slotMs, rank);
      return undefined;
    }
    const look = this.#itemOf(slotMs, 'look', false);
    const lookAtMs = slotMs + (approach.kind === 'look' ? approach.delayMs : 0);
    if (lookAtMs <= nowMs) return look;
    this.#context.schedule(lookAtMs, look);
    return undefined;
  }

  /** Whether the item of a look still counts: its slot is not settled yet. */
  wantsLook(item: DueItem): boolean {
    return this.#schedule !== undefined && item.generation === this.#generation && item.slotMs > this.#settledSlotMs;
  }

  /**
   * Goes on after a look into the store.
   *
   * @param lastSlotMs - The newest slot in the store, undefined for none.
   * @param isKnown - Whether the store could be asked; if not, the slot is scraped: better twice than not at all.
   */
  onLooked(item: DueItem, lastSlotMs: number | undefined, isKnown: boolean, nowMs: number): void {
    const schedule = this.#schedule;
    if (schedule === undefined || !this.wantsLook(item)) return;
    const { slotMs } = item;
    if (lastSlotMs !== undefined && lastSlotMs >= slotMs) {
      // A slot in the future comes from a clock that is wrong; it must not keep us from scraping.
      this.#settledSlotMs = lastSlotMs <= nowMs + schedule.intervalMs ? lastSlotMs : slotMs;
      this.#count('covered');
      this.#othersDurationMs *= 0.9;
      return;
    }
    // A target that was never scraped has no slot to make good; starting in its rhythm spreads a cluster's first scrapes.
    if (item.isInherited && isKnown && lastSlotMs === undefined) return;
    const plan = this.#context.plan();
    const rank = item.isInherited ? plan.rankAt(this.id, nowMs) : plan.rankAt(this.id, slotMs);
    if (rank < 0 || (item.isInherited && rank > 0)) return;
    if (item.isInherited && lastSlotMs !== undefined) this.#countLeftOut(lastSlotMs, slotMs, schedule.intervalMs);
    if (nowMs >= slotMs + schedule.intervalMs) {
      if (rank === 0) this.#countMissed(1);
      return;
    }
    this.#begin(schedule, slotMs, rank, true);
  }

  /** For `/targets`. */
  describe(nowMs: number): TargetState {
    const schedule = this.#schedule;
    const report = this.#last?.report;
    const { up } = report ?? {};
    return {
      target: this.id,
      health: this.#rejection !== undefined ? 'rejected' : up === undefined ? 'unknown' : up ? 'up' : 'down',
      rank: this.#context.plan().rankAt(this.id, nowMs),
      url: schedule?.target.url,
      intervalMs: schedule?.intervalMs,
      nextSlotMs: this.#nextSlotMs,
      lastSlotMs: this.#last?.slotMs,
      lastReport: report,
      lastError: this.#rejection !== undefined ? { reason: 'rejected', message: this.#rejection } : report?.failure,
      failuresInARow: this.#failures.inARow,
      slots: this.counters.snapshot(),
      attempts: this.#attempts.latest,
    };
  }

  #scheduleOf(target: Target): Schedule {
    const { intervalMs, retentionMs, downsample } = target.rule;
    return {
      target,
      intervalMs,
      phaseMs: phaseMs(this.id, intervalMs),
      projection: new SeriesProjection(projectionOptions(target, this.#context.schemas)),
      writer: this.#context.frames.open({ id: this.id, labels: target.labels, retentionMs, downsample }),
      scraper: undefined,
    };
  }

  /** Ends the schedule in force. Its connection and writer go once nothing of it is in flight. */
  #retire(): void {
    this.#generation += 1;
    this.#nextSlotMs = undefined;
    this.#waitingSlotMs = undefined;
    const schedule = this.#schedule;
    this.#schedule = undefined;
    if (schedule !== undefined && this.#busySlotMs === undefined) this.#dispose(schedule);
  }

  #dispose(schedule: Schedule): void {
    if (schedule.scraper !== undefined) this.#context.close(schedule.scraper);
    if (!this.#isReleased) return;
    if (this.#endsTarget && this.#settledSlotMs > 0) {
      this.#context.track(schedule.writer.end(this.#settledSlotMs + schedule.intervalMs));
    }
    schedule.writer.close();
  }

  /** Arranges for the slot that was due, or is about to be, at the change of owners. */
  #inherit(schedule: Schedule, nowMs: number): void {
    const { intervalMs } = schedule;
    const acquisition = this.#acquisition;
    this.#acquisition = { kind: 'none' };
    if (acquisition.kind === 'planned' && acquisition.fromMs > nowMs) {
      const slotMs = slotAtOrBefore(acquisition.fromMs - 1, intervalMs, schedule.phaseMs);
      const checkMs = boundaryCheckMs(slotMs, intervalMs, acquisition.fromMs);
      if (checkMs < slotMs + intervalMs) this.#context.schedule(checkMs, this.#itemOf(slotMs, 'look', true));
    } else if (acquisition.kind === 'takeover' || acquisition.kind === 'planned') {
      const slotMs = slotAtOrBefore(nowMs, intervalMs, schedule.phaseMs);
      const predecessor = acquisition.kind === 'takeover' ? acquisition.predecessor : 'alive';
      const checkMs = takeoverCheckMs({ slotMs, intervalMs, nowMs, predecessor });
      this.#context.schedule(checkMs, this.#itemOf(slotMs, 'look', true));
    }
  }

  #await(slotMs: number): void {
    this.#nextSlotMs = slotMs;
    this.#context.schedule(slotMs, this.#itemOf(slotMs, 'slot', false));
  }

  #itemOf(slotMs: number, purpose: DueItem['purpose'], isInherited: boolean): DueItem {
    return { task: this, generation: this.#generation, slotMs, purpose, isInherited };
  }

  #begin(schedule: Schedule, slotMs: number, rank: number, isCatchUp = false): void {
    if (slotMs <= this.#settledSlotMs) return;
    this.#settledSlotMs = slotMs;
    this.#count('expected');
    if (rank > 0) this.#count('rescued');
    if (this.#busySlotMs !== undefined) {
      if (this.#waitingSlotMs !== undefined) this.#count('missed');
      this.#waitingSlotMs = slotMs;
      return;
    }
    this.#enter(schedule, slotMs, isCatchUp);
  }

  #enter(schedule: Schedule, slotMs: number, isCatchUp: boolean): void {
    this.#busySlotMs = slotMs;
    const generation = this.#generation;
    this.#context.gate.enter(() => {
      this.#context.track(this.#run(schedule, slotMs, generation).finally(() => this.#leave(schedule, isCatchUp)));
    }, isCatchUp);
  }

  #leave(schedule: Schedule, isCatchUp: boolean): void {
    this.#busySlotMs = undefined;
    this.#context.gate.leave(isCatchUp);
    const waitingMs = this.#waitingSlotMs;
    this.#waitingSlotMs = undefined;
    const current = this.#schedule;
    if (current !== schedule) this.#dispose(schedule);
    if (waitingMs !== undefined && current !== undefined) this.#enter(current, waitingMs, true);
  }

  async #run(schedule: Schedule, slotMs: number, generation: number): Promise<void> {
    const { clock, active, createScraper } = this.#context;
    const endMs = slotMs + schedule.intervalMs;
    const startMs = clock.now();
    if (startMs >= endMs || generation !== this.#generation) {
      // Given up while it waited: whoever has the target now looks for the slot.
      if (generation === this.#generation) this.#count('missed');
      return;
    }
    const stallsBefore = this.#context.stallCount();
    schedule.scraper ??= createScraper(schedule.target);
    const { scraper } = schedule;
    active.add(scraper);
    const outcome = await scraper.scrape(clock.untilMs(endMs));
    // Whoever closes an active scraper takes it out: what came of that says nothing about the target.
    if (!active.delete(scraper)) return;
    if (this.#context.stallCount() !== stallsBefore && clock.now() >= endMs) {
      // The process stood still meanwhile: whatever came of it is of a slot that others have dealt with.
      this.#count('missed');
      return;
    }
    const { exposition } = outcome;
    const preparing = exposition === undefined ? undefined : schedule.projection.prepare(exposition);
    const refusal = preparing instanceof Promise ? await preparing : preparing;
    const judged = refusal === undefined ? outcome : { ...outcome, exposition: undefined, error: refusal };
    this.#record(schedule, slotMs, startMs + outcome.lastAttemptAfterMs, judged);
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
      this.#count(end);
      if (end === 'doubled') this.#othersDurationMs = this.#context.clock.now() - slotMs;
      return;
    }
    this.#count('written');
    if (!isUp) this.#count('failed');
    if (late) this.#count('late');
  }

  /** Slots between the one that was awaited and the one that has come have passed without us. */
  #countPassed(awaitedMs: number, slotMs: number, intervalMs: number): void {
    if (slotMs <= awaitedMs || this.#context.plan().rankAt(this.id, awaitedMs) !== 0) return;
    const firstMs = Math.max(awaitedMs, this.#settledSlotMs + intervalMs);
    if (slotMs > firstMs) this.#countMissed(Math.round((slotMs - firstMs) / intervalMs));
  }

  /** Once for each take-over: slots that an owner now gone left without a frame. */
  #countLeftOut(lastSlotMs: number, slotMs: number, intervalMs: number): void {
    this.#countMissed(slotsLeftOut({ lastSlotMs, slotMs, intervalMs, knownFromMs: this.#knownFromMs }));
    this.#knownFromMs = Infinity;
  }

  #countMissed(count: number): void {
    this.#count('expected', count);
    this.#count('missed', count);
  }

  #count(what: SlotCount, by = 1): void {
    this.counters[what] += by;
    this.#context.totals[what] += by;
  }
}
