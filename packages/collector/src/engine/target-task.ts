import { slotAfter, slotAtOrBefore, type Logger, type Parsed, type Target, type TargetId } from '@pulsekeeper/model';

import type { Acquisition, Predecessor } from '../assignment/acquisition.ts';
import {
  approachSlot,
  formerOwnerDelayMs,
  lastChanceMs,
  staggerOf,
  takeoverCheckMs,
  verificationMs,
} from '../assignment/slot-approach.ts';
import type { SlotCounters } from '../schedule/slot-counters.ts';
import type { DueItem, EngineContext } from './engine-context.ts';
import { HandoverWatch } from './handover-watch.ts';
import { PassedSlots } from './passed-slots.ts';
import { scheduleOf, type Schedule } from './schedule.ts';
import { SlotRunner } from './slot-runner.ts';
import { SlotTally } from './slot-tally.ts';
import type { TargetState } from './target-state.ts';

/** Until then after a boundary, one that leaves is sure to be there still. */
const AFTER_BOUNDARY_MS = 50;

/** What a plan says of one target. */
export interface TargetPart {
  /** How this collector comes to have it now. */
  readonly acquisition: Acquisition;
  /** When this collector begins to own it, where that is still to come. */
  readonly beginsMs?: number | undefined;
  /** Since when this collector has known of the target. */
  readonly knownFromMs?: number | undefined;
}

/**
 * One target that this collector has a part in, from its acquisition to its release: decides what becomes of each slot.
 *
 * Each slot goes one of these ways; what decides is in `assignment/`:
 *
 * | slot comes due as | it is |
 * | --- | --- |
 * | owner, sure of it | scraped at once |
 * | owner by a fresh take-over, or unsure (demoted) | looked up a little later, scraped if missing |
 * | backup | looked up later, scraped if missing |
 * | the owner before, until it has seen a frame of the next one | looked up late, soon after a change of targets also early, scraped if missing |
 * | without a part in that slot | passed over |
 *
 * Collectors hear of a change one after the other, so for a moment each of them may take another for the owner. Therefore
 * whoever owns the target by a new plan verifies the open slot, unless it has dealt with it itself: once all have heard,
 * that is exactly one. Should that one not hear of it at all (it is cut off, or died this very moment), whoever had the
 * target before is still there: it answers for the slots until it sees that somebody else does.
 *
 * A slot is never scraped twice by one task, at most one scrape is in flight, and a slot that is over is not scraped.
 */
export class TargetTask {
  readonly id: TargetId;
  readonly #context: EngineContext;
  readonly #stagger: number;
  readonly #tally: SlotTally;
  readonly #passed: PassedSlots;
  readonly #runner: SlotRunner;
  readonly #handover: HandoverWatch;
  #schedule: Schedule | undefined;
  #rejection: string | undefined;
  /** Counts the rhythms: items of an earlier one are void. */
  #generation = 0;
  #takeover: Predecessor | undefined;
  #cautiousUntilMs = -Infinity;
  #recentOwner: Predecessor | undefined;
  /** Since when the target's slots are known to have been expected. */
  #knownFromMs = Infinity;
  /** From when on this collector owns the target, while that lies ahead. */
  #beginsMs: number | undefined;
  /** The first slot at or after it is looked up without waiting: the previous owner's clock may differ. */
  #verifyFirstFromMs = Infinity;
  /** The slot that is to be looked up though it was not ours when it came. */
  #verifyingSlotMs = -Infinity;
  /** The newest slot that was scraped, found in the store or begun. */
  #settledSlotMs = -Infinity;
  #nextSlotMs: number | undefined;
  /** Since when this collector has had the target whose registration it has not read yet. */
  #unreadSinceMs: number | undefined;

  constructor(id: TargetId, context: EngineContext, logger: Logger) {
    this.id = id;
    this.#context = context;
    this.#stagger = staggerOf(context.self, id);
    this.#tally = new SlotTally(context.totals);
    this.#passed = new PassedSlots(this.#tally);
    this.#runner = new SlotRunner(id, context, this.#tally, logger);
    this.#handover = new HandoverWatch(context.sessionTimeoutMs, context.cautionMs);
  }

  /** How the slots ended so far. */
  get counters(): SlotCounters {
    return this.#tally.counters;
  }

  /** Takes note of what a new plan, which is in force already, says of the target. */
  acquire({ acquisition, beginsMs, knownFromMs = Infinity }: TargetPart, nowMs: number): void {
    this.#knownFromMs = knownFromMs;
    if (this.#context.plan().rankAt(this.id, nowMs) === 0) this.#handover.open();
    if (acquisition.kind === 'lost') this.#handover.noteSuddenLoss(nowMs);
    if (acquisition.kind === 'takeover') {
      const { predecessor } = acquisition;
      this.#takeover = predecessor;
      this.#passed.noteTakeover(predecessor === 'gone');
      if (predecessor !== 'none') {
        this.#recentOwner = predecessor;
        this.#cautiousUntilMs = nowMs + this.#context.cautionMs;
      }
    }
    const isNewBoundary = beginsMs !== this.#beginsMs;
    this.#beginsMs = beginsMs;
    if (beginsMs !== undefined) this.#verifyFirstFromMs = beginsMs;
    const schedule = this.#schedule;
    if (schedule === undefined) {
      if (this.#rejection === undefined) this.#unreadSinceMs ??= nowMs;
      return;
    }
    this.#inherit(schedule, nowMs);
    if (isNewBoundary) this.#verifyBeforeBoundary(schedule, nowMs);
    this.#verifyOpenSlot(schedule, nowMs);
  }

  /** Whether this collector had its part in the target, and has not yet seen that another one deals with it. */
  get answersForTarget(): boolean {
    return this.#handover.isOpen;
  }

  /** Whether slots of the target were ours to deal with after another collector should have. */
  get standsIn(): boolean {
    return this.#handover.isOpen && this.#handover.isSinceLoss(this.#settledSlotMs);
  }

  /**
   * Another collector owns the target from now on: makes sure that it does its work.
   *
   * @param isSudden - Until now this one did, and no boundary lies between.
   */
  watchOver(nowMs: number, isSudden: boolean): void {
    this.#handover.lose(nowMs);
    if (isSudden) this.#handover.noteSuddenLoss(nowMs);
    const schedule = this.#schedule;
    if (schedule === undefined) return;
    const slotMs = slotAtOrBefore(nowMs, schedule.intervalMs, schedule.phaseMs);
    if (slotMs > this.#settledSlotMs) this.#lookAtLastChance(slotMs, schedule.intervalMs, nowMs);
  }

  /** Sets what the registration says; undefined while it has not been read, or no longer exists. */
  configure(parsed: Parsed<Target> | undefined, nowMs: number): void {
    this.#rejection = parsed?.ok === false ? parsed.reason : undefined;
    if (parsed?.ok !== true) {
      if (this.#rejection !== undefined) this.#unreadSinceMs = undefined;
      this.#retire();
      return;
    }
    const previous = this.#schedule;
    const schedule = scheduleOf(parsed.value, this.#context);
    const { intervalMs, phaseMs } = schedule;
    this.#schedule = schedule;
    this.#runner.use(schedule);
    // The same rhythm: whatever is arranged for its slots stands.
    if (previous?.intervalMs === intervalMs) return;
    this.#generation += 1;
    this.#verifyingSlotMs = -Infinity;
    this.#passed.forget();
    if (previous === undefined) {
      this.#inherit(schedule, nowMs);
      this.#verifyBeforeBoundary(schedule, nowMs);
    }
    this.#await(
      this.#cameUnread(schedule, nowMs) ?? slotAfter(Math.max(nowMs, this.#settledSlotMs), intervalMs, phaseMs),
    );
  }

  /** The open slot, if it came while the registration was being read; it is looked up, as others may have dealt with it. */
  #cameUnread({ intervalMs, phaseMs }: Schedule, nowMs: number): number | undefined {
    const sinceMs = this.#unreadSinceMs ?? Infinity;
    this.#unreadSinceMs = undefined;
    const slotMs = slotAtOrBefore(nowMs, intervalMs, phaseMs);
    if (slotMs < sinceMs || slotMs <= this.#settledSlotMs) return undefined;
    this.#verifyFirstFromMs = Math.min(this.#verifyFirstFromMs, slotMs);
    return slotMs;
  }

  /**
   * Gives the target up: no new slot is begun, what is in flight is finished and written.
   *
   * @param hasLeft - The target is gone from the cluster, so no further slot is expected of anybody.
   */
  release(hasLeft: boolean, nowMs: number): void {
    const settledMs = this.#settledSlotMs;
    const nextMs = settledMs + (this.#schedule?.intervalMs ?? 0);
    // Never later than now: the target may be registered again at once.
    const endMs = Math.min(nextMs, Math.max(settledMs + 1, Math.floor(nowMs)));
    this.#runner.release(hasLeft && settledMs > 0 ? endMs : undefined);
    this.#retire();
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
    const isDemoted = this.#context.isDemoted();
    this.#notePassed(item.slotMs, slotMs, intervalMs, isDemoted);
    this.#await(slotMs + intervalMs);
    const rank = this.#context.plan().rankAt(this.id, slotMs);
    if (rank >= 0) this.#handover.open();
    if (slotMs <= this.#settledSlotMs) return undefined;
    if (rank < 0) {
      if (this.#handover.isOpen) this.#lookAsFormerOwner(slotMs, intervalMs, nowMs);
      return undefined;
    }
    const isFirst = rank === 0 && slotMs >= this.#verifyFirstFromMs;
    const approach = approachSlot({
      rank,
      isDemoted,
      isFirst,
      isSpreading: this.#context.isSpreading(),
      stagger: this.#stagger,
      recentOwner: nowMs < this.#cautiousUntilMs ? this.#recentOwner : undefined,
      intervalMs,
      lastDurationMs: this.#runner.lastDurationMs,
      othersDurationMs: this.#runner.othersDurationMs,
    });
    if (isFirst) this.#verifyFirstFromMs = Infinity;
    if (approach.kind === 'scrape') {
      this.#begin(slotMs, intervalMs, rank);
      return undefined;
    }
    const look = this.#itemOf(slotMs, 'look', false);
    const lookAtMs = this.#whileOurs(slotMs, slotMs + approach.delayMs, rank);
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
    const { slotMs, isInherited } = item;
    const { intervalMs } = schedule;
    // Whoever gets the target after this look verifies the slot anew; so do we, should it come back.
    if (isInherited) this.#verifyingSlotMs = -Infinity;
    const rank = this.#context.plan().rankAt(this.id, isInherited ? nowMs : slotMs);
    const lookedUp = { lastSlotMs, slotMs, intervalMs };
    if (rank === 0 && isKnown) this.#passed.countUnsure(lookedUp, this.#settledSlotMs);
    if (lastSlotMs !== undefined && lastSlotMs >= slotMs) {
      // A slot in the future comes from a clock that is wrong; it must not keep us from scraping.
      this.#settledSlotMs = lastSlotMs <= nowMs + intervalMs ? lastSlotMs : slotMs;
      this.#runner.noteCovered();
      if (rank !== 0 && this.#handover.isSinceLoss(lastSlotMs)) this.#endHandover();
      return;
    }
    // What came before the target was known is nobody's to make good; starting in its rhythm spreads a cluster's first scrapes.
    if (isInherited && isKnown && lastSlotMs === undefined && slotMs < this.#knownFromMs) return;
    // Whoever was to look at a slot when it came stands by it. One that came to it later leaves it to the owner, unless that
    // may hear of it too late.
    const isLastChance = nowMs >= lastChanceMs(slotMs, intervalMs);
    if (isInherited && rank !== 0 && !isLastChance) return;
    // Without the store it cannot be told from a target that is in good hands.
    if (rank < 0 && !isKnown) return;
    if (isInherited) this.#passed.countLeftOut(lookedUp, this.#knownFromMs);
    if (nowMs >= slotMs + intervalMs) {
      if (rank === 0) this.#passed.countOver(slotMs);
      return;
    }
    this.#begin(slotMs, intervalMs, rank, true);
  }

  /** For `/targets`. */
  describe(nowMs: number): TargetState {
    const schedule = this.#schedule;
    const { last, failuresInARow, attempts } = this.#runner;
    const { up } = last?.report ?? {};
    return {
      target: this.id,
      health: this.#rejection !== undefined ? 'rejected' : up === undefined ? 'unknown' : up ? 'up' : 'down',
      rank: this.#context.plan().rankAt(this.id, nowMs),
      url: schedule?.target.url,
      intervalMs: schedule?.intervalMs,
      nextSlotMs: this.#nextSlotMs,
      lastSlotMs: last?.slotMs,
      lastReport: last?.report,
      lastError:
        this.#rejection !== undefined ? { reason: 'rejected', message: this.#rejection } : last?.report.failure,
      failuresInARow,
      slots: this.counters.snapshot(),
      attempts,
    };
  }

  /** A look of an owner that loses the target before then is brought forward: one that leaves goes soon after the boundary. */
  #whileOurs(slotMs: number, lookAtMs: number, rank: number): number {
    const plan = this.#context.plan();
    if (rank > 0 || plan.rankAt(this.id, lookAtMs) === 0) return lookAtMs;
    return Math.min(lookAtMs, plan.nextBoundaryMs(slotMs) + AFTER_BOUNDARY_MS);
  }

  /** Another one deals with the target, or nothing shows that one ever will. */
  #endHandover(): void {
    this.#handover.close();
    this.#context.dismiss(this);
  }

  /** Early, too, while the new owner may not have heard that it is one. */
  #lookAsFormerOwner(slotMs: number, intervalMs: number, nowMs: number): void {
    this.#lookAtLastChance(slotMs, intervalMs, nowMs);
    if (!this.#handover.isOpen || !this.#handover.isSoonAfterSuddenLoss(slotMs)) return;
    const delayMs = formerOwnerDelayMs(intervalMs, this.#runner.lastDurationMs, this.#stagger);
    this.#context.schedule(slotMs + delayMs, this.#itemOf(slotMs, 'look', false));
  }

  #lookAtLastChance(slotMs: number, intervalMs: number, nowMs: number): void {
    if (!this.#handover.takeSlot(slotMs)) {
      this.#endHandover();
      return;
    }
    const lookAtMs = Math.max(nowMs, lastChanceMs(slotMs, intervalMs, this.#stagger));
    this.#context.schedule(lookAtMs, this.#itemOf(slotMs, 'look', true));
  }

  /** Ends the schedule in force. Its connection and writer go once nothing of it is in flight. */
  #retire(): void {
    this.#generation += 1;
    this.#handover.close();
    this.#nextSlotMs = undefined;
    this.#schedule = undefined;
    this.#runner.use(undefined);
  }

  /** After a take-over: arranges for the slot that is open. */
  #inherit({ intervalMs, phaseMs }: Schedule, nowMs: number): void {
    const predecessor = this.#takeover;
    if (predecessor === undefined) return;
    this.#takeover = undefined;
    const slotMs = slotAtOrBefore(nowMs, intervalMs, phaseMs);
    this.#verifyAt(takeoverCheckMs({ slotMs, intervalMs, nowMs, predecessor }), slotMs);
  }

  /** Arranges for the last slot before the boundary from which on the target is ours. */
  #verifyBeforeBoundary({ intervalMs, phaseMs }: Schedule, nowMs: number): void {
    const beginsMs = this.#beginsMs;
    if (beginsMs === undefined || beginsMs <= nowMs) return;
    const slotMs = slotAtOrBefore(beginsMs - 1, intervalMs, phaseMs);
    const checkMs = verificationMs(slotMs, intervalMs, beginsMs, this.#stagger);
    if (checkMs < slotMs + intervalMs) this.#context.schedule(checkMs, this.#itemOf(slotMs, 'look', true));
  }

  /**
   * Arranges for the open slot when the target is ours, or we are its backup: it may have fallen to nobody while the news of a
   * change spread.
   */
  #verifyOpenSlot({ intervalMs, phaseMs }: Schedule, nowMs: number): void {
    const rank = this.#context.plan().rankAt(this.id, nowMs);
    if (rank < 0) return;
    const slotMs = slotAtOrBefore(nowMs, intervalMs, phaseMs);
    if (slotMs <= this.#settledSlotMs || slotMs <= this.#verifyingSlotMs || slotMs < this.#knownFromMs) return;
    const checkMs =
      rank === 0
        ? verificationMs(slotMs, intervalMs, nowMs, this.#stagger)
        : Math.max(nowMs, lastChanceMs(slotMs, intervalMs, this.#stagger));
    if (checkMs < slotMs + intervalMs) this.#verifyAt(checkMs, slotMs);
  }

  #verifyAt(checkMs: number, slotMs: number): void {
    this.#verifyingSlotMs = slotMs;
    this.#context.schedule(checkMs, this.#itemOf(slotMs, 'look', true));
  }

  #await(slotMs: number): void {
    this.#nextSlotMs = slotMs;
    this.#context.schedule(slotMs, this.#itemOf(slotMs, 'slot', false));
  }

  #itemOf(slotMs: number, purpose: DueItem['purpose'], isInherited: boolean): DueItem {
    return { task: this, generation: this.#generation, slotMs, purpose, isInherited };
  }

  #begin(slotMs: number, intervalMs: number, rank: number, isCatchUp = false): void {
    if (slotMs <= this.#settledSlotMs) return;
    this.#settledSlotMs = slotMs;
    this.#runner.begin({ slotMs, intervalMs, isCatchUp, isBackup: rank > 0 });
  }

  /** Slots between the one that was awaited and the one that has come have passed without us. */
  #notePassed(awaitedMs: number, slotMs: number, intervalMs: number, isDemoted: boolean): void {
    if (slotMs <= awaitedMs) return;
    if (isDemoted) this.#passed.noteUnsure(awaitedMs);
    else if (this.#context.plan().rankAt(this.id, awaitedMs) === 0) {
      this.#passed.countOwn({ awaitedMs, slotMs, intervalMs, settledSlotMs: this.#settledSlotMs });
    }
  }
}
