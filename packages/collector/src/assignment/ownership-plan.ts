import type { Assignment } from '@pulsekeeper/hash-ring';
import type { TargetId } from '@pulsekeeper/model';

import type { Epoch } from '../membership/epochs.ts';

/** An epoch together with who owns what in it. */
export interface PlannedEpoch extends Epoch {
  readonly assignment: Assignment;
}

/**
 * Who owns which slot of which target, as far as this collector knows: one assignment for each epoch of membership.
 * Immutable; a change of targets or collectors makes a new plan.
 */
export class OwnershipPlan {
  readonly self: string;
  readonly epochs: readonly PlannedEpoch[];
  /** The last rank that was asked for: what a plan says of a target is asked several times in a row. */
  #asked: { readonly target: TargetId; readonly epoch: PlannedEpoch; readonly rank: number } | undefined;

  constructor(self: string, epochs: readonly PlannedEpoch[]) {
    this.self = self;
    this.epochs = epochs;
  }

  /** The epoch that the slot falls into; undefined only for a plan without epochs. O(number of epochs). */
  epochAt(slotMs: number): PlannedEpoch | undefined {
    for (const epoch of this.epochs) {
      if (slotMs < epoch.untilMs) return epoch;
    }
    return undefined;
  }

  /** This collector's rank among the owners of the slot: 0 scrapes, higher ranks back it up, -1 has no part in it. */
  rankAt(target: TargetId, slotMs: number): number {
    const epoch = this.epochAt(slotMs);
    if (epoch === undefined) return -1;
    const asked = this.#asked;
    if (asked?.target === target && asked.epoch === epoch) return asked.rank;
    const rank = epoch.assignment.rank(target, this.self);
    this.#asked = { target, epoch, rank };
    return rank;
  }

  /** Who scrapes the slot. */
  ownerAt(target: TargetId, slotMs: number): string | undefined {
    return this.epochAt(slotMs)?.assignment.ownersOf(target)[0];
  }

  /** Whether the collector is a member for slots at that time. */
  isMemberAt(collector: string, slotMs: number): boolean {
    return this.epochAt(slotMs)?.members.some(({ id }) => id === collector) ?? false;
  }

  /** Targets that this collector has a part in, now or in an epoch that is already foreseen. */
  targetsFrom(nowMs: number): Set<TargetId> {
    const targets = new Set<TargetId>();
    for (const epoch of this.epochs) {
      if (epoch.untilMs <= nowMs) continue;
      for (const target of epoch.assignment.targetsOf(this.self)) targets.add(target as TargetId);
    }
    return targets;
  }

  /**
   * First boundary after `nowMs` from which on this collector is the owner and just before is not; undefined when none is
   * foreseen.
   */
  beginsMs(target: TargetId, nowMs: number): number | undefined {
    if ((this.epochs.at(-1)?.fromMs ?? -Infinity) <= nowMs) return undefined;
    let wasOwner = this.rankAt(target, nowMs) === 0;
    for (const { fromMs, assignment } of this.epochs) {
      if (fromMs <= nowMs) continue;
      const isOwner = assignment.rank(target, this.self) === 0;
      if (isOwner && !wasOwner) return fromMs;
      wasOwner = isOwner;
    }
    return undefined;
  }

  /** First moment after `nowMs` at which membership changes; `Infinity` when none is foreseen. */
  nextBoundaryMs(nowMs: number): number {
    const epoch = this.epochAt(nowMs);
    return epoch === undefined ? Infinity : epoch.untilMs;
  }

  /** Version of the ring that holds at the moment: equal on two collectors exactly when they agree on its input. */
  ringVersionAt(nowMs: number): string | undefined {
    return this.epochAt(nowMs)?.assignment.version;
  }
}
