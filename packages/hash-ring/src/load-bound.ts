import type { TokenRing } from './token-ring.ts';

/** Forgives the rounding of `(1 + ε) × share`, so that 1.05 × 100 is 105. */
const ROUNDING = 1e-9;

/**
 * How many targets each member may own.
 *
 * With the share `s = targets × capacity / capacity of all` it is never more than `⌈(1 + ε) × s⌉`, and never above
 * `(1 + ε) × s` where a member has `1 / ε` targets or more. It is at least `⌈s⌉`, so that all targets find a place.
 *
 * `⌊(1 + ε) × s⌋` would step for all members at the same number of targets, and the one target that takes the cluster
 * over the step would move others at every full member. So each member steps at a fraction of its own.
 */
export function loadBounds(ring: TokenRing, targetCount: number, loadFactor: number): Uint32Array {
  const capacityOfAll = ring.members.reduce((sum, { capacity }) => sum + capacity, 0);
  return Uint32Array.from(ring.members, ({ capacity }, index) => {
    const share = (targetCount * capacity) / capacityOfAll;
    const most = (1 + loadFactor) * share;
    if (share * loadFactor < 1) {
      return Math.ceil(most - ROUNDING);
    }
    return Math.max(Math.floor(most - (ring.stagger[index] ?? 0) + ROUNDING), Math.floor(share) + 1);
  });
}
