import { unlessAborted } from './abort.ts';
import { codeOf, RegistryError, type StandingOwner } from './errors.ts';
import { ensureParent, forgetParent } from './parent-nodes.ts';
import { readZnode, type ZnodeData } from './read-znode.ts';
import type { RegistrantSurroundings } from './registrant-key.ts';
import type { RegistrationDataKeeper } from './registration-data.ts';
import type { RegistrySession, WatchFunction } from './registry-session.ts';
import { judgeStandingNode, type Claimant } from './standing-node.ts';

/** What one pass at claiming a znode needs to know. */
export interface ClaimInput {
  readonly path: string;
  readonly claimant: Claimant;
  readonly around: RegistrantSurroundings;
  readonly data: RegistrationDataKeeper;
  /** Reads the registrant's key out of a node's data. */
  readonly keyOf: (data: Uint8Array) => string | undefined;
  /** Whether data that somebody else wrote into our standing node may stay. */
  readonly adopt: (data: Uint8Array) => boolean;
  /** Try to create before reading: one round trip less where nothing is expected to stand. */
  readonly isFreeExpected: boolean;
  readonly watch: WatchFunction;
  readonly signal: AbortSignal;
}

/** How a pass ended: our node stands and is watched, or somebody else's does and is watched. */
export type ClaimOutcome =
  | { readonly kind: 'standing'; readonly node: ZnodeData }
  | { readonly kind: 'refused'; readonly claim: 'taken' | 'displaced'; readonly owner: StandingOwner };

/** A pass that is not through by then meets somebody who creates and deletes the same node all the time. */
const MAX_ROUNDS = 6;

/**
 * Makes our ephemeral stand at a path, in as many rounds as it takes: create, read and watch, judge, replace. Every
 * step may have been done already by an attempt whose answer was lost, so each round begins with what is there.
 */
export async function claimZnode(session: RegistrySession, input: ClaimInput): Promise<ClaimOutcome> {
  const { path, claimant, data, watch, signal } = input;
  let isFree = input.isFreeExpected;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (isFree) await createUnlessThere(session, path, data.forFreeName(claimant.sessionId), signal);
    const node = await readZnode(session, path, { watch, signal });
    isFree = node === undefined;
    if (node === undefined) continue;
    const key = input.keyOf(node.data);
    const claim = judgeStandingNode({ ownerSessionId: node.stat.ephemeralOwner, key }, claimant, input.around);
    switch (claim) {
      case 'ours': {
        const wanted = data.forOwnNode(claimant.sessionId, node.data);
        const isAsWanted = Buffer.compare(wanted, node.data) === 0 || (!data.isPending && input.adopt(node.data));
        if (isAsWanted) return { kind: 'standing', node };
        await unlessOvertaken(session.setData(path, wanted, { version: node.stat.version, signal }));
        break;
      }
      case 'replace':
        // One transaction: whoever reads the names finds the name there before and after.
        await unlessOvertaken(
          session.multi(
            [
              { op: 'remove', path, version: node.stat.version },
              { op: 'create', path, data: data.forFormerNode(claimant.sessionId, node.data), ephemeral: true },
            ],
            { signal },
          ),
        );
        break;
      case 'taken':
      case 'displaced':
        return { kind: 'refused', claim, owner: ownerOf(node, key) };
    }
  }
  throw new RegistryError('Unreadable', `${path} keeps changing under us`, { path, retryable: true });
}

async function createUnlessThere(
  session: RegistrySession,
  path: string,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  await unlessAborted(ensureParent(session, path), signal);
  try {
    await session.create(path, data, { ephemeral: true, signal });
  } catch (error) {
    const code = codeOf(error);
    // The parent went since it was seen: the next round makes it anew.
    if (code === 'NoNode') forgetParent(session, path);
    else if (code !== 'NodeExists') throw error;
  }
}

/** Waits for a write; that somebody was quicker is no failure, the next round sees what is there. */
async function unlessOvertaken(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'NoNode' && code !== 'NodeExists' && code !== 'BadVersion') throw error;
  }
}

function ownerOf(node: ZnodeData, key: string | undefined): StandingOwner {
  const sessionId = `0x${BigInt.asUintN(64, node.stat.ephemeralOwner).toString(16)}`;
  return { sessionId, key, createdAtMs: node.stat.ctimeMs };
}
