import { isPredecessor, type RegistrantSurroundings } from './registrant-key.ts';

/** The znode that stands where a registration wants to be. */
export interface StandingNode {
  /** Session that owns it; `0n` for a persistent znode. */
  readonly ownerSessionId: bigint;
  /** The registrant's key in its data, when it carries one. */
  readonly key: string | undefined;
}

/** Who is asking. */
export interface Claimant {
  /** Our present ZooKeeper session. */
  readonly sessionId: bigint;
  /** Sessions that this registration had before, whose znodes may stand until the server expires them. */
  readonly formerSessionIds: ReadonlySet<bigint>;
  readonly key: string;
  /** Whether this registration stood once already: from then on whoever else stands there came after us. */
  readonly hasStood: boolean;
}

/**
 * What a claimant does about a standing znode.
 *
 * - `ours`: it is our own; nothing to do.
 * - `replace`: it is left over from a former session or run of ours; take its place in one transaction.
 * - `displaced`: a later run of the same registrant, as far as can be told, took our place; let it have it.
 * - `taken`: somebody else's.
 */
export type Claim = 'ours' | 'replace' | 'displaced' | 'taken';

/**
 * Decides what a claimant does about a standing znode. Pure.
 *
 * Two live processes with the same identity never fight: the one that came later wins once, and the earlier one waits
 * for the name to become free again. That holds also where each takes the other for dead, as containers with one host
 * name and pid namespaces of their own do.
 */
export function judgeStandingNode(standing: StandingNode, claimant: Claimant, around: RegistrantSurroundings): Claim {
  const isSameKey = standing.key === claimant.key;
  if (standing.ownerSessionId === claimant.sessionId) {
    // Two registrations may share a session; the key tells them apart.
    return isSameKey || standing.key === undefined || !around.isHeldHere(standing.key) ? 'ours' : 'taken';
  }
  if (claimant.formerSessionIds.has(standing.ownerSessionId)) return 'replace';
  if (!isPredecessor(standing.key, claimant.key, around)) return 'taken';
  return claimant.hasStood ? 'displaced' : 'replace';
}
