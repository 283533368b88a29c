import type { Assignment } from '@pulsekeeper/hash-ring';
import type { TargetId } from '@pulsekeeper/model';

import { OwnershipPlan } from '../../../src/assignment/ownership-plan.ts';

/** An epoch of a plan made up for a test: who is there, and the owners of each target in the order of rank. */
export interface FakeEpoch {
  readonly untilMs?: number;
  readonly members: readonly string[];
  readonly owners: Readonly<Record<string, readonly string[]>>;
}

/** A plan of the collector `me` with hand-written assignments. */
export function fakePlan(...epochs: readonly FakeEpoch[]): OwnershipPlan {
  let fromMs = -Infinity;
  return new OwnershipPlan(
    'me',
    epochs.map(({ untilMs = Infinity, members, owners }) => {
      const epoch = {
        fromMs,
        untilMs,
        members: members.map((id) => ({ id, capacity: 1, activeFromMs: 0 })),
        assignment: fakeAssignment(owners, members),
      };
      fromMs = untilMs;
      return epoch;
    }),
  );
}

function fakeAssignment(owners: FakeEpoch['owners'], members: readonly string[]): Assignment {
  const ownersOf = (target: string): readonly string[] => owners[target] ?? [];
  const targetsOf = (member: string): string[] => Object.keys(owners).filter((id) => owners[id]?.includes(member));
  return {
    version: JSON.stringify(owners),
    members: members.map((id) => ({ id, capacity: 1 })),
    size: Object.keys(owners).length,
    ownersOf,
    targetsOf,
    rank: (target: string, member: string) => ownersOf(target).indexOf(member),
    loadOf: (member: string) => targetsOf(member).length,
  } as unknown as Assignment;
}

/** The target that the tests are about. */
export const TARGET = 'shop/one' as TargetId;
