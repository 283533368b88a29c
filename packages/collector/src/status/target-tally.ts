import type { TargetState } from '../engine/target-state.ts';
import type { SlotCounts } from '../schedule/slot-counters.ts';

/** How the targets of a collector are. */
export interface TargetTally {
  readonly owned: number;
  readonly others: number;
  readonly up: number;
  readonly down: number;
  readonly rejected: number;
}

/** Counts targets by health; only those that the collector scrapes at this moment count as its own. */
export function tallyTargets(states: Iterable<Pick<TargetState, 'rank' | 'health'>>): TargetTally {
  const tally = { owned: 0, others: 0, up: 0, down: 0, rejected: 0 };
  for (const { rank, health } of states) {
    if (rank !== 0) {
      tally.others += 1;
      continue;
    }
    tally.owned += 1;
    if (health !== 'unknown') tally[health] += 1;
  }
  return tally;
}

/** Samples a second over a window; 0 for an empty one. */
export function perSecond(count: number, windowMs: number): number {
  return windowMs > 0 ? Math.round((count * 10_000) / windowMs) / 10 : 0;
}

/** No slots at all. */
export const NO_SLOTS: SlotCounts = {
  expected: 0,
  written: 0,
  failed: 0,
  late: 0,
  missed: 0,
  doubled: 0,
  dropped: 0,
  covered: 0,
  rescued: 0,
};
