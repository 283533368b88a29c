import type { TargetId } from '@pulsekeeper/model';

import type { OwnershipPlan } from './ownership-plan.ts';

/**
 * How a collector comes to have a target at the moment of a new plan. What it will own from a boundary on that lies ahead is told by
 * `OwnershipPlan.beginsMs`.
 *
 * | kind | when | what follows |
 * | --- | --- | --- |
 * | `kept` | it was the owner before the change of plan | nothing |
 * | `fresh` | nobody had the target before: it has just been registered | starts at the next slot |
 * | `takeover` | at once: the owner died, or a change of targets shifted a few | looks in the store first |
 * | `backup` | it stands behind the owner | looks in the store after each slot |
 * | `lost` | a change of targets has just shifted it to another collector | looks early whether that one scrapes it |
 * | `none` | it has no part in the target now | nothing |
 */
export type Acquisition =
  | { readonly kind: 'kept' | 'fresh' | 'backup' | 'lost' | 'none' }
  | { readonly kind: 'takeover'; readonly predecessor: Predecessor };

/**
 * Who had the target: somebody who may just be at work on the current slot (`alive`), somebody who has died or is cut off
 * (`gone`), or nobody that could still be around (`none`): this collector starts, and is the only one.
 */
export type Predecessor = 'alive' | 'gone' | 'none';

/**
 * Tells how this collector acquires one target when one plan replaces another. Pure.
 *
 * @param previous - The plan before; undefined when the collector has just started.
 * @param isNewTarget - Whether the target was unknown to the cluster before.
 */
export function classifyAcquisition(
  previous: OwnershipPlan | undefined,
  next: OwnershipPlan,
  target: TargetId,
  isNewTarget: boolean,
  nowMs: number,
): Acquisition {
  const rank = next.rankAt(target, nowMs);
  if (rank === 0) {
    if (previous === undefined) {
      const isAlone = next.epochAt(nowMs)?.members.length === 1;
      return { kind: 'takeover', predecessor: isAlone ? 'none' : 'gone' };
    }
    if (isNewTarget) return { kind: 'fresh' };
    if (previous.rankAt(target, nowMs) === 0) return { kind: 'kept' };
    const owner = previous.ownerAt(target, nowMs);
    const isAlive = owner !== undefined && next.isMemberAt(owner, nowMs);
    return { kind: 'takeover', predecessor: isAlive || isLeavingInOrder(next, owner, nowMs) ? 'alive' : 'gone' };
  }
  if (rank > 0 || isForeseenBackup(next, target, nowMs)) return { kind: 'backup' };
  return { kind: previous?.rankAt(target, nowMs) === 0 ? 'lost' : 'none' };
}

/** A collector whose draining was heard of only after its boundary still finishes what it has in flight. */
function isLeavingInOrder(plan: OwnershipPlan, collector: string | undefined, nowMs: number): boolean {
  if (collector === undefined) return false;
  return plan.epochs.some(({ untilMs, members }) => untilMs <= nowMs && members.some(({ id }) => id === collector));
}

function isForeseenBackup(plan: OwnershipPlan, target: TargetId, nowMs: number): boolean {
  return plan.epochs.some(({ untilMs, assignment }) => untilMs > nowMs && assignment.rank(target, plan.self) > 0);
}
