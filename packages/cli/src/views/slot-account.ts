import { countSlotsBetween, slotAfter, slotAtOrBefore } from '@pulsekeeper/model';

/** What the store says of one slot, or that the target left. */
export interface SlotFact {
  readonly slotMs: number;
  readonly intervalMs: number;
  /** `end` is the mark of a target that left: no slot from it on is expected until the next frame. */
  readonly kind: 'frame' | 'end';
  /** For a frame: whether the scrape worked. */
  readonly isUp: boolean;
  /** For a frame: whether the scrape began more than a tenth of the interval after the slot. */
  readonly isLate: boolean;
}

/** Which slots are judged. */
export interface SlotWindow {
  /** First moment, inclusive. */
  readonly fromMs: number;
  /** Last moment, exclusive. */
  readonly untilMs: number;
  /** A slot may still be written until its interval and this grace are over; before that it is not missing. */
  readonly graceMs: number;
  readonly nowMs: number;
}

/** How a target stands in the registry. */
export type Presence =
  /** Registered: its slots go on by this schedule after the last record. */
  | { readonly kind: 'registered'; readonly sinceMs: number; readonly schedule: Schedule | undefined }
  /** Not registered: without an end mark its slots are known up to the last record only. */
  | { readonly kind: 'gone' }
  /** ZooKeeper could not be asked: taken as still there, so that nothing missing is hidden. */
  | { readonly kind: 'unknown' };

/** Slots fall at `k × intervalMs + phaseMs`. */
export interface Schedule {
  readonly intervalMs: number;
  readonly phaseMs: number;
}

/** A run of missing slots with the same interval; both ends are slots and inclusive. */
export interface MissingRun {
  readonly firstSlotMs: number;
  readonly lastSlotMs: number;
  readonly count: number;
}

/** The account of one target over a window: `expected = written + missing`. */
export interface SlotAccount {
  readonly expected: number;
  /** Slots with a record, of samples or of a failure. */
  readonly written: number;
  /** Those of `written` whose record is `up 0`. */
  readonly failed: number;
  /** Those of `written` that were begun more than a tenth of the interval after the slot. */
  readonly late: number;
  readonly missing: number;
  /** Records beyond the first of a slot. */
  readonly doubled: number;
  /** The runs of missing slots, oldest first; at most {@link MAX_MISSING_RUNS}, the counts are complete. */
  readonly missingRuns: readonly MissingRun[];
  /** The interval of the latest record, or of the registration when there is none. */
  readonly intervalMs: number | undefined;
}

/** So many runs are kept for each target; a target that misses every second slot for a day has more. */
export const MAX_MISSING_RUNS = 100;

/**
 * Counts the slots of one target from its records alone: each record carries its interval, so the next slot that must
 * be there follows from the one before.
 *
 * Rules, in the order of time:
 * - Before the first record nothing is expected, unless a record before the window shows that the target was there.
 * - Between two records every slot of the interval is expected. Where the interval changed between them, the moment of
 *   the change is not known; the fewest slots that any moment would explain are counted.
 * - From an end mark to the next record nothing is expected.
 * - After the last record slots go on while the target is registered, up to the last slot that is over.
 * - A target without any record, or that came back after its end mark, is expected from its registration on.
 *
 * `add` wants the records in the order of their slots, beginning with the last one before the window if there is one. How the target
 * stands in the registry matters at the end alone, and not even there where the last record says enough: see `isSettled`.
 * Memory is bounded whatever the number of records; `O(records + missing runs)`.
 */
export class SlotAccountant {
  readonly #window: SlotWindow;
  readonly #runs: MissingRun[] = [];
  #previous: SlotFact | undefined;
  #intervalMs: number | undefined;
  #written = 0;
  #failed = 0;
  #late = 0;
  #missing = 0;
  #doubled = 0;

  constructor(window: SlotWindow) {
    this.#window = window;
  }

  /**
   * Whether nothing more is expected after the records so far, however the target stands in the registry: the last one is a
   * frame, and the slot that would follow it may still be written or is beyond the window. A rule that has changed since then
   * changes nothing, since the fewest slots count that any moment of the change would explain.
   */
  get isSettled(): boolean {
    const last = this.#previous;
    return last?.kind === 'frame' && last.slotMs + last.intervalMs >= this.#horizonMs(last);
  }

  /** Takes the next record; one at or after the end of the window only ends what is expected before it. */
  add(fact: SlotFact): void {
    const previous = this.#previous;
    if (previous?.kind === 'frame') {
      if (fact.kind === 'frame' && fact.slotMs === previous.slotMs) {
        this.#doubled += this.#isInWindow(fact.slotMs) ? 1 : 0;
        return;
      }
      this.#countGap(previous, fact);
    }
    this.#previous = fact;
    // An end mark has no interval of its own.
    this.#intervalMs = fact.kind === 'frame' ? fact.intervalMs : this.#intervalMs;
    if (fact.kind === 'frame' && this.#isInWindow(fact.slotMs)) {
      this.#written += 1;
      this.#failed += fact.isUp ? 0 : 1;
      this.#late += fact.isLate ? 1 : 0;
    }
  }

  /** The account, once all records were added; to be asked for once. */
  finish(presence: Presence): SlotAccount {
    this.#countTail(presence);
    return {
      expected: this.#written + this.#missing,
      written: this.#written,
      failed: this.#failed,
      late: this.#late,
      missing: this.#missing,
      doubled: this.#doubled,
      missingRuns: this.#runs,
      intervalMs: this.#intervalMs ?? scheduleOf(presence)?.intervalMs,
    };
  }

  #countGap(previous: SlotFact, next: SlotFact): void {
    const before = scheduleThrough(previous);
    if (next.kind === 'end' || next.intervalMs === previous.intervalMs) {
      this.#countMissing(before, previous.slotMs, next.slotMs);
      return;
    }
    const after = scheduleThrough(next);
    const changeMs = kindestChange(before, after, previous.slotMs, next.slotMs);
    this.#countMissing(before, previous.slotMs, changeMs);
    this.#countMissing(after, changeMs - 1, next.slotMs);
  }

  #countTail(presence: Presence): void {
    const schedule = scheduleOf(presence);
    const last = this.#previous;
    if (last === undefined || last.kind === 'end') {
      this.#countSinceRegistration(presence, last?.slotMs);
      return;
    }
    if (presence.kind === 'gone' || this.isSettled) {
      return;
    }
    const lastSchedule = scheduleThrough(last);
    const horizonMs = this.#horizonMs(lastSchedule);
    if (schedule === undefined || schedule.intervalMs === last.intervalMs) {
      this.#countMissing(lastSchedule, last.slotMs, horizonMs);
      return;
    }
    // The rule was changed since: the record that would show when is not there yet.
    const changeMs = kindestChange(lastSchedule, schedule, last.slotMs, this.#horizonMs(schedule));
    this.#countMissing(lastSchedule, last.slotMs, Math.min(changeMs, horizonMs));
    this.#countMissing(schedule, Math.max(changeMs - 1, last.slotMs), this.#horizonMs(schedule));
  }

  /** A target that registered after its last end mark, or has no record at all, waits for its first scrape. */
  #countSinceRegistration(presence: Presence, endedMs: number | undefined): void {
    if (presence.kind !== 'registered' || presence.schedule === undefined) {
      return;
    }
    const { sinceMs, schedule } = presence;
    if (endedMs === undefined || sinceMs > endedMs) {
      this.#countMissing(schedule, sinceMs, this.#horizonMs(schedule));
    }
  }

  /** Adds the slots after `afterMs` and before `beforeMs` that lie in the window. */
  #countMissing(schedule: Schedule, afterMs: number, beforeMs: number): void {
    const { fromMs, untilMs } = this.#window;
    const firstSlotMs = slotAfter(Math.max(afterMs, fromMs - 1), schedule.intervalMs, schedule.phaseMs);
    const lastSlotMs = slotAtOrBefore(Math.min(beforeMs, untilMs) - 1, schedule.intervalMs, schedule.phaseMs);
    if (firstSlotMs > lastSlotMs) {
      return;
    }
    const count = Math.round((lastSlotMs - firstSlotMs) / schedule.intervalMs) + 1;
    this.#missing += count;
    if (this.#runs.length < MAX_MISSING_RUNS) {
      this.#runs.push({ firstSlotMs, lastSlotMs, count });
    }
  }

  /** The first moment whose slot may still be written. */
  #horizonMs({ intervalMs }: Pick<Schedule, 'intervalMs'>): number {
    return Math.min(this.#window.untilMs, this.#window.nowMs - intervalMs - this.#window.graceMs);
  }

  #isInWindow(slotMs: number): boolean {
    return slotMs >= this.#window.fromMs && slotMs < this.#window.untilMs;
  }
}

function scheduleOf(presence: Presence): Schedule | undefined {
  return presence.kind === 'registered' ? presence.schedule : undefined;
}

function scheduleThrough({ slotMs, intervalMs }: SlotFact): Schedule {
  return { intervalMs, phaseMs: slotMs % intervalMs };
}

/**
 * The moment in `(afterMs, beforeMs]` from which the new schedule would leave the fewest slots unexplained. Only the
 * slots of the new schedule and the end need be tried: between them waiting can only add slots of the old one.
 */
function kindestChange(old: Schedule, next: Schedule, afterMs: number, beforeMs: number): number {
  const newInside = countSlots(next, afterMs, beforeMs);
  let bestMs = afterMs + 1;
  let fewest = newInside;
  let newPassed = 0;
  for (let slotMs = slotAfter(afterMs, next.intervalMs, next.phaseMs); slotMs < beforeMs; slotMs += next.intervalMs) {
    newPassed += 1;
    const unexplained = countSlots(old, afterMs, slotMs + 1) + newInside - newPassed;
    if (unexplained < fewest) {
      fewest = unexplained;
      bestMs = slotMs + 1;
    }
  }
  return bestMs;
}

/** How many slots lie after `afterMs` and before `beforeMs`. */
function countSlots({ intervalMs, phaseMs }: Schedule, afterMs: number, beforeMs: number): number {
  return countSlotsBetween(afterMs + 1, beforeMs, intervalMs, phaseMs);
}
