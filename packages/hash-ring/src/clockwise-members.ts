import { DEFAULT_ASSIGN_OPTIONS } from './assign.ts';
import { settleMembers, type RingMember } from './ring-member.ts';
import { tabulate } from './target-table.ts';
import { tokenRingOf } from './token-ring-cache.ts';
import { firstTokenFrom } from './token-ring.ts';

/**
 * The members in the order in which a target meets them, clockwise from its own place: the order in which it would have them
 * for owners if none were ever full. For telling why an owner is one; `assign` decides.
 *
 * O(tokens) at worst, and much less where the members are few.
 *
 * @throws as `assign` for members that make no sense.
 */
export function clockwiseMembers(
  target: string,
  members: Iterable<RingMember>,
  tokensPerMember: number = DEFAULT_ASSIGN_OPTIONS.tokensPerMember,
): readonly string[] {
  const settled = settleMembers(members);
  if (settled.length === 0) {
    return [];
  }
  const ring = tokenRingOf(settled, tokensPerMember);
  const { hashes } = tabulate([target]);
  const start = firstTokenFrom(ring, hashes.positions[0] ?? 0);
  const met = new Set<number>();
  for (let step = 0; step < ring.owners.length && met.size < settled.length; step += 1) {
    met.add(ring.owners[(start + step) % ring.owners.length] ?? 0);
  }
  return [...met].map((index) => settled[index]?.id ?? '');
}
