import { clockwiseMembers, type Assignment, type RingMember } from '@pulsekeeper/hash-ring';

/** A collector that a target meets before its owner, clockwise from its own place on the ring. */
export interface PassedOver {
  readonly collector: string;
  /** Targets that it has, at rank 0. */
  readonly targets: number;
  /** As many as it may have. */
  readonly bound: number;
}

/** The collectors that come before a target's owner on the ring and are full, in that order. Pure. */
export function passedOverFor(target: string, members: readonly RingMember[], assignment: Assignment): PassedOver[] {
  const [owner] = assignment.ownersOf(target);
  const order = clockwiseMembers(target, members);
  return order.slice(0, Math.max(0, order.indexOf(owner ?? ''))).map((collector) => ({
    collector,
    targets: assignment.loadOf(collector, 0),
    bound: assignment.boundOf(collector),
  }));
}

/** Why the owner is one, in words. */
export function describeReason(passedOver: readonly PassedOver[]): string {
  if (passedOver.length === 0) {
    return "the first collector clockwise from the target's hash";
  }
  const full = passedOver.map(({ collector, targets, bound }) => `${collector} (${targets} of at most ${bound})`);
  return `the first collector clockwise from the target's hash with room: full before it ${full.length === 1 ? 'is' : 'are'} ${full.join(', ')}`;
}
