import { SlotCounters, type SlotCount } from '../schedule/slot-counters.ts';

/** Counts how the slots of one target end, for the target and for the whole collector. */
export class SlotTally {
  readonly counters = new SlotCounters();
  readonly #totals: SlotCounters;

  constructor(totals: SlotCounters) {
    this.#totals = totals;
  }

  count(what: SlotCount, by = 1): void {
    this.counters[what] += by;
    this.#totals[what] += by;
  }

  /** Slots that were ours and passed without a scrape. */
  countMissed(by: number): void {
    this.count('expected', by);
    this.count('missed', by);
  }
}
