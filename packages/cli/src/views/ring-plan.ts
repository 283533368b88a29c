import { assign, type Assignment, type RingMember } from '@pulsekeeper/hash-ring';

/** `plan --json`: what would move if the collectors were others. */
export interface RingPlan {
  readonly now: PlannedRing;
  readonly then: PlannedRing;
  /** Targets whose first owner changes. */
  readonly moved: number;
  readonly targets: readonly { readonly target: string; readonly from: string | null; readonly to: string | null }[];
}

/** A ring with its balance. */
export interface PlannedRing {
  readonly version: string;
  readonly collectors: readonly { readonly collector: string; readonly targets: number }[];
  /** Largest share over the mean, per unit of capacity; `null` without collectors or targets. */
  readonly largestOverMean: number | null;
}

/** Computes both rings and compares them; `O((targets + tokens) log tokens)`. */
export function planRing(
  targets: readonly string[],
  members: readonly RingMember[],
  future: readonly RingMember[],
  replication: number,
): RingPlan {
  const now = assign(targets, members, { replication });
  const then = assign(targets, future, { replication });
  const moves = targets
    .map((target) => ({ target, from: now.ownersOf(target)[0] ?? null, to: then.ownersOf(target)[0] ?? null }))
    .filter(({ from, to }) => from !== to);
  return {
    now: describe(now, members, targets.length),
    then: describe(then, future, targets.length),
    moved: moves.length,
    targets: moves,
  };
}

/** Names for collectors that do not exist yet; none of them clashes with one that does. */
export function inventMembers(count: number, taken: ReadonlySet<string>): RingMember[] {
  const invented: RingMember[] = [];
  for (let number = 1; invented.length < count; number += 1) {
    const id = `new-${number}`;
    if (!taken.has(id)) {
      invented.push({ id, capacity: 1 });
    }
  }
  return invented;
}

function describe(assignment: Assignment, members: readonly RingMember[], size: number): PlannedRing {
  const capacity = members.reduce((sum, member) => sum + (member.capacity ?? 1), 0);
  const mean = size / capacity;
  const largest = members.reduce(
    (most, member) => Math.max(most, assignment.loadOf(member.id, 0) / (member.capacity ?? 1)),
    0,
  );
  return {
    version: assignment.version,
    collectors: assignment.members.map((collector) => ({ collector, targets: assignment.loadOf(collector, 0) })),
    largestOverMean: capacity === 0 || size === 0 ? null : largest / mean,
  };
}
