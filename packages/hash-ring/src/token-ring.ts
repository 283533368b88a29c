import { finalMix, hashText, type Hash128 } from './murmur3.ts';
import type { SettledMember } from './ring-member.ts';

/** Most tokens of a ring, 40 MB; beyond it every member's are halved, again and again. */
const MAX_TOKENS = 4_194_304;
/** 2³² / golden ratio: successive multiples spread evenly. */
const GOLDEN = 0x9e3779b9;
/** Positions of 32 bits and member indices share the 53 bits of a double while they are sorted. */
const MAX_MEMBERS = 1 << 16;

/**
 * The tokens of all members, sorted by position on a circle of 2³². Immutable.
 *
 * A member's tokens depend on its id alone, so a member that comes or goes leaves the others' in place. Building takes
 * O(tokens log tokens); a look-up O(1) expected. 10 bytes a token.
 */
export interface TokenRing {
  readonly members: readonly SettledMember[];
  /** Position of each token, ascending. */
  readonly positions: Uint32Array;
  /** Index in {@link TokenRing.members} of each token's member. */
  readonly owners: Uint16Array;
  /** From 0 to below 1 for each member, by its id alone: where its bound steps up. See `load-bound.ts`. */
  readonly stagger: Float64Array;
  /** First token in each equal part of the circle; the last entry is the number of tokens. */
  readonly partStarts: Uint32Array;
  /** How far a position is shifted right to give its part. */
  readonly partShift: number;
}

/**
 * Builds a ring.
 *
 * @throws RangeError when there are more than 65,536 members.
 */
export function buildTokenRing(members: readonly SettledMember[], tokensPerMember: number): TokenRing {
  if (members.length > MAX_MEMBERS) {
    throw new RangeError(`a ring takes at most ${MAX_MEMBERS} members, got ${members.length}`);
  }
  const counts = tokenCounts(members, tokensPerMember);
  const sorted = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  const stagger = new Float64Array(members.length);
  const hash: Hash128 = new Uint32Array(4);
  let filled = 0;
  for (const [index, { id }] of members.entries()) {
    hashText(id, hash);
    const [first = 0, second = 0, , fourth = 0] = hash;
    stagger[index] = fourth / 2 ** 32;
    const end = filled + (counts[index] ?? 0);
    for (let at = filled, step = second; at < end; at += 1, step = (step + GOLDEN) | 0) {
      // Position first; where positions are equal the member with the lower index, which is the one with the lower id.
      sorted[at] = (finalMix(first ^ finalMix(step)) >>> 0) * MAX_MEMBERS + index;
    }
    filled = end;
  }
  sorted.sort();
  const positions = new Uint32Array(sorted.length);
  const owners = new Uint16Array(sorted.length);
  for (let at = 0; at < sorted.length; at += 1) {
    const packed = sorted[at] ?? 0;
    positions[at] = Math.floor(packed / MAX_MEMBERS);
    owners[at] = packed % MAX_MEMBERS;
  }
  return { members, positions, owners, stagger, ...indexParts(positions) };
}

function tokenCounts(members: readonly SettledMember[], tokensPerMember: number): number[] {
  for (let scale = tokensPerMember; ; scale /= 2) {
    const counts = members.map(({ capacity }) => Math.max(1, Math.round(capacity * scale)));
    if (counts.reduce((sum, count) => sum + count, 0) <= MAX_TOKENS) {
      return counts;
    }
  }
}

/** Tokens are spread evenly, so with about one part a token the first token of a part is at or just before the one sought. */
function indexParts(positions: Uint32Array): Pick<TokenRing, 'partStarts' | 'partShift'> {
  const bits = Math.max(1, Math.ceil(Math.log2(positions.length + 1)));
  const partShift = 32 - bits;
  const partStarts = new Uint32Array(2 ** bits + 1);
  let token = 0;
  for (let part = 0; part < partStarts.length - 1; part += 1) {
    while (token < positions.length && (positions[token] ?? 0) >>> partShift < part) {
      token += 1;
    }
    partStarts[part] = token;
  }
  partStarts[partStarts.length - 1] = positions.length;
  return { partStarts, partShift };
}

/** Index of the first token at or clockwise after a position. The ring must not be empty. */
export function firstTokenFrom(ring: TokenRing, position: number): number {
  const { positions, partStarts, partShift } = ring;
  let token = partStarts[position >>> partShift] ?? 0;
  while (token < positions.length && (positions[token] ?? 0) < position) {
    token += 1;
  }
  return token === positions.length ? 0 : token;
}
