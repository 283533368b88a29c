import type { SettledMember } from './ring-member.ts';
import { buildTokenRing, type TokenRing } from './token-ring.ts';

/** A collector switches between the few member sets of the current epochs; a plan adds one or two. */
const MAX_RINGS = 8;

/** Rings by their members, least recently used first. Only time depends on it: rings are immutable and rebuilt alike. */
const rings = new Map<string, TokenRing>();

/** The ring of a set of members, from the last few if it is among them. */
export function tokenRingOf(members: readonly SettledMember[], tokensPerMember: number): TokenRing {
  const key = JSON.stringify([tokensPerMember, members.map(({ id, capacity }) => [id, capacity])]);
  const ring = rings.get(key) ?? buildTokenRing(members, tokensPerMember);
  rings.delete(key);
  rings.set(key, ring);
  const [oldest] = rings.keys();
  if (rings.size > MAX_RINGS && oldest !== undefined) {
    rings.delete(oldest);
  }
  return ring;
}
