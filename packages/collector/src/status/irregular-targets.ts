import type { TargetState } from '../engine/target-state.ts';
import type { SlotCounts } from '../schedule/slot-counters.ts';

/** Slots of one target that did not go as they should, since this collector has had it. */
export type IrregularSlots = Pick<SlotCounts, 'late' | 'missed' | 'doubled' | 'dropped'>;

/** The targets of a collector with such slots. */
export interface IrregularTargets {
  /** How many there are; more than `targets` lists when it was cut. */
  readonly count: number;
  /** By target; cut to those with the most. */
  readonly targets: Readonly<Record<string, IrregularSlots>>;
}

/** A heartbeat lists so many: some 60 KB, should every target of an overloaded collector be late. */
const MAX_LISTED = 1_000;

/** Finds the targets with late, missed, doubled or dropped slots. O(targets), and their sorting where there are too many. */
export function irregularTargets(
  states: Iterable<Pick<TargetState, 'target' | 'slots'>>,
  maxListed = MAX_LISTED,
): IrregularTargets {
  const found: [target: string, slots: IrregularSlots][] = [];
  for (const { target, slots } of states) {
    const { late, missed, doubled, dropped } = slots;
    if (late + missed + doubled + dropped > 0) found.push([target, { late, missed, doubled, dropped }]);
  }
  const weight = ([, slots]: (typeof found)[number]): number =>
    slots.late + slots.missed + slots.doubled + slots.dropped;
  if (found.length > maxListed) found.sort((a, b) => weight(b) - weight(a));
  return { count: found.length, targets: Object.fromEntries(found.slice(0, maxListed)) };
}
