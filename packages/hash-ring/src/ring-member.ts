/** A collector, as the ring sees it. */
export interface RingMember {
  readonly id: string;
  /**
   * Its share of the targets relative to the others: a member of capacity 2 gets twice as many as one of capacity 1. Above
   * 0; clamped to {@link MIN_CAPACITY} and {@link MAX_CAPACITY}, so that everybody who computes the ring treats an odd
   * record alike. Keep ordinary members at 1: tokens grow with the capacity.
   * @defaultValue 1
   */
  readonly capacity?: number | undefined;
}

/** Least {@link RingMember.capacity} that counts. */
export const MIN_CAPACITY = 0.01;

/** Greatest {@link RingMember.capacity} that counts; it keeps one member's tokens, and so everybody's memory, within bounds. */
export const MAX_CAPACITY = 100;

/** A member with everything said. */
export type SettledMember = Required<{ [Field in keyof RingMember]: NonNullable<RingMember[Field]> }>;

/**
 * The set of members, sorted by id, so that whatever is computed from it does not depend on their order.
 *
 * @throws RangeError when a capacity is not above 0 and finite; TypeError when one id comes with two capacities.
 */
export function settleMembers(members: Iterable<RingMember>): SettledMember[] {
  const byId = new Map<string, SettledMember>();
  for (const { id, capacity: given = 1 } of members) {
    if (!(given > 0 && Number.isFinite(given))) {
      throw new RangeError(`member ${id}: capacity must be a number above 0, got ${given}`);
    }
    const capacity = Math.min(Math.max(given, MIN_CAPACITY), MAX_CAPACITY);
    const known = byId.get(id);
    if (known !== undefined && known.capacity !== capacity) {
      throw new TypeError(`member ${id} has two capacities, ${known.capacity} and ${capacity}`);
    }
    byId.set(id, { id, capacity });
  }
  return [...byId.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}
