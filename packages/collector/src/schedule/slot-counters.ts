/** How the slots that this collector was the owner of ended. Counters since its start; they never fall. */
export interface SlotCounts {
  /** Slots that came due while this collector was their owner. */
  readonly expected: number;
  /** Frames that the store took, those with `up 0` included. */
  readonly written: number;
  /** Of the written ones, those that say `up 0`. */
  readonly failed: number;
  /** Of the written ones, those whose scrape began more than a tenth of an interval after the slot. */
  readonly late: number;
  /** Slots that passed without a scrape by this collector, and without one by another that it knows of. */
  readonly missed: number;
  /** Frames that the store refused, since the slot was taken by another collector. */
  readonly doubled: number;
  /** Frames lost since the buffer before Redis overflowed. */
  readonly dropped: number;
  /** Slots found in the store when this collector looked before it scraped. */
  readonly covered: number;
  /** Slots scraped for another collector that did not: as its backup. */
  readonly rescued: number;
}

/** One of the counted ends of a slot. */
export type SlotCount = keyof SlotCounts;

/** The counted ends in the order in which they are shown. */
export const SLOT_COUNTS: readonly SlotCount[] = [
  'expected',
  'written',
  'failed',
  'late',
  'missed',
  'doubled',
  'dropped',
  'covered',
  'rescued',
];

/** A mutable set of {@link SlotCounts}. Cheap enough to keep one a target. */
export class SlotCounters implements SlotCounts {
  expected = 0;
  written = 0;
  failed = 0;
  late = 0;
  missed = 0;
  doubled = 0;
  dropped = 0;
  covered = 0;
  rescued = 0;

  /** A plain copy, for JSON. */
  snapshot(): SlotCounts {
    const { expected, written, failed, late, missed, doubled, dropped, covered, rescued } = this;
    return { expected, written, failed, late, missed, doubled, dropped, covered, rescued };
  }
}
