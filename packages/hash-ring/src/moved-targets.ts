import type { Assignment } from './assignment.ts';

/** A target whose first owner differs between two assignments. */
export interface MovedTarget {
  readonly target: string;
  /** First owner before; `undefined` for a new target, or where there were no members. */
  readonly from: string | undefined;
  /** First owner after; `undefined` for a target that is gone, or where there are no members. */
  readonly to: string | undefined;
}

/** The targets that change their first owner from one assignment to another, sorted by name. O(targets log targets). */
export function movedTargets(before: Assignment, after: Assignment): MovedTarget[] {
  const moved: MovedTarget[] = [];
  for (const to of after.members) {
    for (const target of after.targetsOf(to, 0)) {
      const [from] = before.ownersOf(target);
      if (from !== to) {
        moved.push({ target, from, to });
      }
    }
  }
  for (const from of before.members) {
    for (const target of before.targetsOf(from, 0)) {
      if (after.ownersOf(target).length === 0) {
        moved.push({ target, from, to: undefined });
      }
    }
  }
  return moved.sort((left, right) => (left.target < right.target ? -1 : 1));
}
