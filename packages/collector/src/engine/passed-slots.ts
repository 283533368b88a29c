import { slotsLeftOut } from '../assignment/slots-left-out.ts';
import type { SlotTally } from './slot-tally.ts';

/** Slots of an owner between the one it awaited and the one that has come. */
export interface PassedGap {
  /** The first slot that was awaited. */
  readonly awaitedMs: number;
  /** The slot that has come. */
  readonly slotMs: number;
  readonly intervalMs: number;
  /** The newest slot that is dealt with. */
  readonly settledSlotMs: number;
}

/** What a look into the store has shown. */
export interface LookedUp {
  /** The newest slot in the store, undefined for none. */
  readonly lastSlotMs: number | undefined;
  /** The slot that was looked up. */
  readonly slotMs: number;
  readonly intervalMs: number;
}

/** Counts the slots of one target that passed without anybody's scrape as missed, each of them once. */
export class PassedSlots {
  readonly #tally: SlotTally;
  /** First of the slots that passed while this collector did not know whether they were its own. */
  #unsureFromMs = Infinity;
  /** Those of them that were counted one by one. */
  #countedAlone: number[] = [];
  #lastOverMs = -Infinity;
  #isOwnerGone = false;

  constructor(tally: SlotTally) {
    this.#tally = tally;
  }

  /** The rhythm has changed: slots of the one before are not known any more. */
  forget(): void {
    this.#unsureFromMs = Infinity;
    this.#countedAlone = [];
  }

  /** The target was taken over. Of an owner that is gone the counters are gone, too: its successor counts for it. */
  noteTakeover(isOwnerGone: boolean): void {
    this.#isOwnerGone = isOwnerGone;
  }

  /** Slots passed while this collector owned the target. */
  countOwn({ awaitedMs, slotMs, intervalMs, settledSlotMs }: PassedGap): void {
    const firstMs = Math.max(awaitedMs, settledSlotMs + intervalMs);
    if (slotMs > firstMs) this.#tally.countMissed(Math.round((slotMs - firstMs) / intervalMs));
  }

  /** Slots passed while it was not sure of its part: others may have dealt with them, the next look tells. */
  noteUnsure(awaitedMs: number): void {
    this.#unsureFromMs = Math.min(this.#unsureFromMs, awaitedMs);
  }

  /** A slot of this collector's was over before it could be looked up, and nothing is known of anybody's frame. */
  countOver(slotMs: number): void {
    if (slotMs <= this.#lastOverMs) return;
    this.#lastOverMs = slotMs;
    if (slotMs >= this.#unsureFromMs) this.#countedAlone.push(slotMs);
    this.#tally.countMissed(1);
  }

  /** Of the slots that passed while it was not sure: counts those that the store does not hold. */
  countUnsure({ lastSlotMs, slotMs, intervalMs }: LookedUp, settledSlotMs: number): void {
    const knownFromMs = this.#unsureFromMs;
    const countedAlone = this.#countedAlone;
    this.forget();
    if (knownFromMs >= slotMs) return;
    const newestMs = Math.max(lastSlotMs ?? -Infinity, settledSlotMs);
    const leftOut = slotsLeftOut({ lastSlotMs: newestMs, slotMs, intervalMs, knownFromMs });
    this.#tally.countMissed(leftOut - countedAlone.filter((one) => one > newestMs && one < slotMs).length);
  }

  /**
   * Once for each take-over: counts the slots that an owner now gone left without a frame.
   *
   * @param knownFromMs - Since when this collector has known of the target.
   */
  countLeftOut({ lastSlotMs, slotMs, intervalMs }: LookedUp, knownFromMs: number): void {
    if (!this.#isOwnerGone || lastSlotMs === undefined) return;
    this.#isOwnerGone = false;
    this.#tally.countMissed(slotsLeftOut({ lastSlotMs, slotMs, intervalMs, knownFromMs }));
  }
}
