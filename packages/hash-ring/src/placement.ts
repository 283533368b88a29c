import type { TargetHashes, TargetTable } from './target-table.ts';
import { firstTokenFrom, type TokenRing } from './token-ring.ts';

/** Everything that the placement of one rank works on. */
interface RankContext {
  readonly ring: TokenRing;
  readonly names: readonly string[];
  readonly hashes: TargetHashes;
  readonly bounds: Uint32Array;
  /** First token of each target. */
  readonly starts: Uint32Array;
  /** Member index of every target at each rank placed so far; the last one is being filled. */
  readonly owners: Uint16Array[];
}

/**
 * Places every target at `ranks` distinct members, at most `bounds[m]` of them at member m in each rank.
 *
 * Within a rank, every target first asks for its home: the first member clockwise that does not own it yet. A member that is
 * asked by more than it may take keeps those of the lowest priority number. Then those left over, lowest number first,
 * walk on clockwise to the first member with room. Homes come before guests, unlike in the paper's one pass, so what
 * overflows never displaces what is at home.
 *
 * Where no other member has room (few members, uneven capacities), a target takes the next member clockwise at a rank above
 * 0 in spite of the bound; at rank 0 the bounds add up to at least the number of targets, so it holds.
 *
 * Expected O(targets + tokens), plus a sort of those at members that are asked too much.
 *
 * @returns member indices by target, an array a rank.
 */
export function placeTargets(
  ring: TokenRing,
  table: TargetTable,
  hashes: TargetHashes,
  bounds: Uint32Array,
  ranks: number,
): readonly Uint16Array[] {
  const { names } = table;
  const starts = new Uint32Array(names.length);
  for (let target = 0; target < names.length; target += 1) {
    starts[target] = firstTokenFrom(ring, hashes.positions[target] ?? 0);
  }
  const owners: Uint16Array[] = [];
  for (let rank = 0; rank < ranks; rank += 1) {
    owners.push(new Uint16Array(names.length));
    placeRank({ ring, names, hashes, bounds, starts, owners });
  }
  return owners;
}

function placeRank(context: RankContext): void {
  const { ring, names, bounds, starts, owners } = context;
  const placed = owners[owners.length - 1] ?? new Uint16Array();
  const loads = new Uint32Array(bounds.length);
  for (let target = 0; target < names.length; target += 1) {
    const home = nextMember(context, target, starts[target] ?? 0);
    placed[target] = home;
    loads[home] = (loads[home] ?? 0) + 1;
  }
  for (const target of overflowOf(context, placed, loads)) {
    const token = tokenWithRoom(context, target, loads);
    const member = token === undefined ? nextMember(context, target, starts[target] ?? 0) : (ring.owners[token] ?? 0);
    placed[target] = member;
    loads[member] = (loads[member] ?? 0) + 1;
  }
}

/** First member from a token on that does not own the target at a lower rank. */
function nextMember(context: RankContext, target: number, from: number): number {
  const { owners: tokenOwners } = context.ring;
  let token = from;
  while (ownsAlready(context, target, tokenOwners[token] ?? 0)) {
    token = token + 1 === tokenOwners.length ? 0 : token + 1;
  }
  return tokenOwners[token] ?? 0;
}

function ownsAlready({ owners }: RankContext, target: number, member: number): boolean {
  for (let rank = 0; rank < owners.length - 1; rank += 1) {
    if (owners[rank]?.[target] === member) {
      return true;
    }
  }
  return false;
}

/** First token from the target's own on whose member may take it; `undefined` when none may. */
function tokenWithRoom(context: RankContext, target: number, loads: Uint32Array): number | undefined {
  const { ring, bounds, starts } = context;
  const count = ring.owners.length;
  let token = starts[target] ?? 0;
  for (let steps = 0; steps < count; steps += 1) {
    const member = ring.owners[token] ?? 0;
    if ((loads[member] ?? 0) < (bounds[member] ?? 0) && !ownsAlready(context, target, member)) {
      return token;
    }
    token = token + 1 === count ? 0 : token + 1;
  }
  return undefined;
}

/** Takes from every member what is above its bound, and returns these targets in the order of their priority. */
function overflowOf(context: RankContext, placed: Uint16Array, loads: Uint32Array): number[] {
  const { names, hashes, bounds } = context;
  const { priorities } = hashes;
  const cuts = cutsOf(context, placed, loads);
  if (cuts.size === 0) {
    return [];
  }
  const overflow: number[] = [];
  const ties = new Map<number, number[]>();
  for (let target = 0; target < names.length; target += 1) {
    const member = placed[target] ?? 0;
    const cut = cuts.get(member);
    const priority = priorities[target] ?? 0;
    if (cut !== undefined && priority > cut) {
      overflow.push(target);
    } else if (cut !== undefined && priority === cut) {
      const tied = ties.get(member) ?? [];
      ties.set(member, tied);
      tied.push(target);
    }
  }
  const inOrder = (left: number, right: number): number =>
    (priorities[left] ?? 0) - (priorities[right] ?? 0) || ((names[left] ?? '') < (names[right] ?? '') ? -1 : 1);
  const shed = new Map<number, number>();
  for (const target of overflow) {
    const member = placed[target] ?? 0;
    shed.set(member, (shed.get(member) ?? 0) + 1);
  }
  for (const [member, tied] of ties) {
    const excess = (loads[member] ?? 0) - (bounds[member] ?? 0) - (shed.get(member) ?? 0);
    overflow.push(...tied.sort(inOrder).slice(tied.length - excess));
  }
  for (const member of cuts.keys()) {
    loads[member] = bounds[member] ?? 0;
  }
  return overflow.sort(inOrder);
}

/** For every member that is asked too much, the highest priority number that it can keep. */
function cutsOf({ hashes, bounds }: RankContext, placed: Uint16Array, loads: Uint32Array): Map<number, number> {
  const asked = new Map<number, { priorities: Uint32Array; filled: number }>();
  for (const [member, load] of loads.entries()) {
    if (load > (bounds[member] ?? 0)) {
      asked.set(member, { priorities: new Uint32Array(load), filled: 0 });
    }
  }
  if (asked.size > 0) {
    for (const [target, member] of placed.entries()) {
      const group = asked.get(member);
      if (group !== undefined) {
        group.priorities[group.filled] = hashes.priorities[target] ?? 0;
        group.filled += 1;
      }
    }
  }
  const cuts = new Map<number, number>();
  for (const [member, { priorities }] of asked) {
    cuts.set(member, priorities.sort()[(bounds[member] ?? 0) - 1] ?? 0);
  }
  return cuts;
}
