import { assign, type Assignment } from '@pulsekeeper/hash-ring';
import type { TargetId } from '@pulsekeeper/model';

import { splitIntoEpochs, type EpochCollector } from '../membership/epochs.ts';
import { OwnershipPlan, type PlannedEpoch } from './ownership-plan.ts';

/** What a plan is made from. */
export interface PlanInput {
  readonly collectors: Iterable<EpochCollector>;
  /** All targets of the cluster. Compared by reference: pass the same array while nothing changed. */
  readonly targetIds: readonly TargetId[];
  readonly nowMs: number;
  /** How far back slots may still be asked about. */
  readonly lookbackMs: number;
  /** Another process goes by this collector's name: this one owns nothing. @defaultValue false */
  readonly isDisplaced?: boolean | undefined;
}

/** Whoever owns nothing; no collector is called so. */
const NOBODY = '';

/**
 * Makes ownership plans, and remembers the assignments of the previous one: an epoch whose members and targets are
 * unchanged costs nothing.
 */
export class PlanBuilder {
  readonly #self: string;
  readonly #replication: number;
  #targetIds: readonly TargetId[] = [];
  #assignments = new Map<string, Assignment>();

  constructor(options: { readonly self: string; readonly replication: number }) {
    this.#self = options.self;
    this.#replication = options.replication;
  }

  /** Builds the plan. O((targets + tokens) log tokens) for each epoch that is new. */
  build(input: PlanInput): OwnershipPlan {
    const known = input.targetIds === this.#targetIds ? this.#assignments : new Map<string, Assignment>();
    const used = new Map<string, Assignment>();
    const epochs = splitIntoEpochs(input.collectors, input.nowMs - input.lookbackMs).map((epoch): PlannedEpoch => {
      const key = JSON.stringify(epoch.members.map(({ id, capacity }) => [id, capacity]));
      let assignment = used.get(key) ?? known.get(key);
      assignment ??= assign(
        input.targetIds,
        epoch.members.map(({ id, capacity }) => ({ id, capacity })),
        { replication: this.#replication },
      );
      used.set(key, assignment);
      return { ...epoch, assignment };
    });
    this.#targetIds = input.targetIds;
    this.#assignments = used;
    return new OwnershipPlan(input.isDisplaced === true ? NOBODY : this.#self, epochs);
  }
}
