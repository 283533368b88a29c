import { createAssignment, type Assignment } from './assignment.ts';
import { loadBounds } from './load-bound.ts';
import { hashText, type Hash128 } from './murmur3.ts';
import { placeTargets } from './placement.ts';
import { settleMembers, type RingMember, type SettledMember } from './ring-member.ts';
import { tabulate, type TargetHashes } from './target-table.ts';
import { tokenRingOf } from './token-ring-cache.ts';

/** Settings of {@link assign}. All collectors of a cluster must use the same. */
export interface AssignOptions {
  /**
   * Tokens of a member of capacity 1. More of them make shares more even before the bound does, so that fewer targets move;
   * they cost 10 bytes and about 0.2 µs each whenever the members change. From 1 to 65,536.
   * @defaultValue 2048
   */
  readonly tokensPerMember?: number | undefined;
  /**
   * ε: a member owns at most (1 + ε) times its share of the targets, or one more than its share while that is below 1 / ε
   * targets. Smaller values even out the load and move more targets when members change. At least 0.
   * @defaultValue 0.05
   */
  readonly loadFactor?: number | undefined;
  /**
   * Distinct owners of a target.
   * @defaultValue 1
   */
  readonly replication?: number | undefined;
}

/** What {@link assign} does where nothing is said. */
export const DEFAULT_ASSIGN_OPTIONS = { tokensPerMember: 2048, loadFactor: 0.05, replication: 1 } as const;

const MAX_TOKENS_PER_MEMBER = 65_536;

/**
 * Gives every target its owners by consistent hashing with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam:
 * Consistent Hashing with Bounded Loads, 2016, https://arxiv.org/abs/1608.01350).
 *
 * A pure function of the sets: the order of the input never matters, and names that stand twice count once. When a member
 * comes or goes, little more than its share of the targets changes owners; when a target comes or goes, about one other.
 * `placeTargets` tells how it differs from the paper.
 *
 * Takes O(targets + tokens log tokens), plus a sort of the few targets at members that are asked too much; the tokens are
 * kept for the last eight sets of members. Uses about 45 bytes a target while it runs. It runs to its end without
 * yielding: a million targets take about 0.6 s.
 *
 * @throws RangeError when an option is out of range or a capacity not above 0; TypeError when one id comes with two capacities.
 */
export function assign(
  targets: Iterable<string>,
  members: Iterable<RingMember>,
  options: AssignOptions = {},
): Assignment {
  const settings = settleOptions(options);
  const settled = settleMembers(members);
  const { table, hashes } = tabulate(targets);
  const ring = tokenRingOf(settled, settings.tokensPerMember);
  const bounds = loadBounds(ring, table.names.length, settings.loadFactor);
  const ranks = Math.min(settings.replication, settled.length);
  return createAssignment({
    version: versionOf(hashes, table.names.length, settled, settings),
    table,
    members: settled.map(({ id }) => id),
    bounds,
    owners: placeTargets(ring, table, hashes, bounds, ranks),
  });
}

type Settings = { readonly [Field in keyof AssignOptions]-?: number };

function settleOptions(options: AssignOptions): Settings {
  const settings: Settings = {
    tokensPerMember: options.tokensPerMember ?? DEFAULT_ASSIGN_OPTIONS.tokensPerMember,
    loadFactor: options.loadFactor ?? DEFAULT_ASSIGN_OPTIONS.loadFactor,
    replication: options.replication ?? DEFAULT_ASSIGN_OPTIONS.replication,
  };
  const { tokensPerMember, loadFactor, replication } = settings;
  if (!(Number.isInteger(tokensPerMember) && tokensPerMember >= 1 && tokensPerMember <= MAX_TOKENS_PER_MEMBER)) {
    throw new RangeError(
      `tokensPerMember must be a whole number from 1 to ${MAX_TOKENS_PER_MEMBER}, got ${tokensPerMember}`,
    );
  }
  if (!(loadFactor >= 0 && Number.isFinite(loadFactor))) {
    throw new RangeError(`loadFactor must be a number of at least 0, got ${loadFactor}`);
  }
  if (!(Number.isInteger(replication) && replication >= 1)) {
    throw new RangeError(`replication must be a whole number of at least 1, got ${replication}`);
  }
  return settings;
}

/** The targets enter as sums of their hashes, which do not depend on their order. */
function versionOf(
  hashes: TargetHashes,
  targetCount: number,
  members: readonly SettledMember[],
  settings: Settings,
): string {
  const memberList = members.map(({ id, capacity }) => [id, capacity]);
  const { tokensPerMember, loadFactor, replication } = settings;
  const hash: Hash128 = new Uint32Array(4);
  hashText(JSON.stringify([targetCount, hashes.sums, memberList, tokensPerMember, loadFactor, replication]), hash);
  return [...hash.subarray(0, 2)].map((word) => word.toString(16).padStart(8, '0')).join('');
}
