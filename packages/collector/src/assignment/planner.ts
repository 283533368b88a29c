import type { Logger, TargetId } from '@pulsekeeper/model';
import type { CollectorRecord, Directory, DirectoryDiff, DirectoryView } from '@pulsekeeper/registry';

import type { TargetChanges } from '../engine/scrape-engine.ts';
import type { SlotClock } from '../schedule/slot-clock.ts';
import type { OwnershipPlan } from './ownership-plan.ts';
import { PlanBuilder } from './plan-builder.ts';

/** Settings of {@link Planner}. */
export interface PlannerOptions {
  readonly self: string;
  readonly replication: number;
  readonly directory: Directory;
  readonly clock: SlotClock;
  readonly logger: Logger;
  /** Puts a plan into force. */
  readonly onPlan: (plan: OwnershipPlan, changes: TargetChanges) => void;
  /** What this collector says of itself now, newer than what ZooKeeper may have told. */
  readonly ownRecord: () => CollectorRecord;
  /** Whether its node is known to stand, be it that the directory has not seen it yet. */
  readonly isAnnounced: () => boolean;
  /** A boundary has come: another ring is in force. */
  readonly onBoundary?: ((plan: OwnershipPlan) => void) | undefined;
}

/** How long slots of an epoch that is over may still be asked about: their look-ups and waiting scrapes. */
const LOOKBACK_MS = 60_000;

/** A boundary is followed by a new plan so much later: until then the leaver finishes what it had begun to look at. */
const AFTER_BOUNDARY_MS = 1_500;

/** Longest that a timer runs before the plan is made anew. */
const MAX_TIMER_MS = 60_000;

/** Planning may take this share of the time, so that a storm of changes does not starve the scrapes. */
const PLANNING_SHARE = 0.2;

/** A plan that is made and not yet in force. */
interface MadePlan {
  readonly plan: OwnershipPlan;
  readonly targets: ReadonlySet<TargetId>;
  readonly nowMs: number;
  readonly durationMs: number;
}

/**
 * Follows the directory and makes a plan whenever targets or collectors change, and after each boundary of epochs. The
 * first change after a quiet time is planned at once; in a storm, as often as its own cost allows. With ten thousand targets
 * reading their names, making a plan and putting it into force take some 10 ms each: after a change of the directory they have
 * a turn of the event loop each.
 */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #builder: PlanBuilder;
  #targetIds: readonly TargetId[] = [];
  #targets: ReadonlySet<TargetId> = new Set();
  /** The targets that the plan in force was made for. */
  #plannedTargets: ReadonlySet<TargetId> = new Set();
  /** Slot time at which targets got known that came after the start, which is when the others did. */
  readonly #knownFromMs = new Map<TargetId, number>();
  #startedAtMs = 0;
  #targetsChangedAtMs = -Infinity;
  #plannedMembership = '';
  #isRunning = false;
  #changeTimer: NodeJS.Timeout | undefined;
  /** The next step towards a plan, in a turn of its own. */
  #turn: NodeJS.Immediate | undefined;
  /** Whether something changed since the plan was made that is about to come into force. */
  #isOutdated = false;
  #boundaryTimer: NodeJS.Timeout | undefined;
  #afterBoundaryTimer: NodeJS.Timeout | undefined;
  #restUntilMs = 0;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#builder = new PlanBuilder({ self: options.self, replication: options.replication });
  }

  /** Begins with the view as it is. */
  start(): void {
    this.#isRunning = true;
    this.#startedAtMs = this.#options.clock.now();
    this.#adoptTargets(this.#options.directory.view);
    this.#options.directory.on('changed', this.#onChanged);
    this.replan();
  }

  stop(): void {
    this.#isRunning = false;
    this.#options.directory.off('changed', this.#onChanged);
    this.#cancelPlanning();
    clearTimeout(this.#boundaryTimer);
    clearTimeout(this.#afterBoundaryTimer);
  }

  /** Makes a plan now: something changed that the directory does not tell, such as the own record. */
  replan(): void {
    if (!this.#isRunning) return;
    this.#cancelPlanning();
    this.#putInForce(this.#make());
  }

  #make(): MadePlan {
    const { clock } = this.#options;
    const startedMs = performance.now();
    const nowMs = clock.now();
    const plan = this.#builder.build({
      collectors: this.#collectors(),
      targetIds: this.#targetIds,
      nowMs,
      lookbackMs: LOOKBACK_MS,
      isDisplaced: this.#isDisplaced(),
    });
    this.#plannedMembership = this.#membershipKey();
    return { plan, targets: this.#targets, nowMs, durationMs: performance.now() - startedMs };
  }

  #putInForce({ plan, targets, nowMs, durationMs: makingMs }: MadePlan): void {
    const { logger, onPlan } = this.#options;
    const startedMs = performance.now();
    const before = this.#plannedTargets;
    this.#plannedTargets = targets;
    onPlan(plan, {
      isNew: (id) => !before.has(id),
      exists: (id) => targets.has(id),
      targetsChangedAtMs: this.#targetsChangedAtMs,
      knownFromMs: (id) => this.#knownFromMs.get(id) ?? this.#startedAtMs,
    });
    const durationMs = makingMs + performance.now() - startedMs;
    this.#restUntilMs = performance.now() + durationMs * (1 / PLANNING_SHARE - 1);
    const epochs = plan.epochs.length;
    logger.debug({ epochs, targets: targets.size, ring: plan.ringVersionAt(nowMs), durationMs }, 'plan made');
    this.#armBoundary(plan, nowMs);
  }

  readonly #onChanged = (view: DirectoryView, diff: DirectoryDiff): void => {
    const haveTargetsChanged = diff.addedTargets.length > 0 || diff.removedTargets.length > 0;
    if (haveTargetsChanged) {
      for (const id of diff.addedTargets) this.#knownFromMs.set(id, this.#options.clock.now());
      for (const id of diff.removedTargets) this.#knownFromMs.delete(id);
      this.#targetsChangedAtMs = this.#options.clock.now();
      this.#adoptTargets(view);
    }
    // Collectors note the version of their ring in their records; that is no reason to plan again.
    if (!haveTargetsChanged && this.#membershipKey() === this.#plannedMembership) return;
    this.#isOutdated = true;
    this.#replanSoon();
  };

  /** Plans after the rest that the last plan asks for, unless that is arranged for already. */
  #replanSoon(): void {
    if (this.#changeTimer !== undefined || this.#turn !== undefined) return;
    const restMs = this.#restUntilMs - performance.now();
    if (restMs <= 1) this.#replanInTurns();
    else this.#changeTimer = setTimeout(() => this.#replanInTurns(), restMs);
  }

  #replanInTurns(): void {
    this.#cancelPlanning();
    this.#turn = setImmediate(() => {
      this.#isOutdated = false;
      const made = this.#make();
      this.#turn = setImmediate(() => {
        this.#turn = undefined;
        this.#putInForce(made);
        if (this.#isOutdated) this.#replanSoon();
      });
    });
  }

  #cancelPlanning(): void {
    clearTimeout(this.#changeTimer);
    clearImmediate(this.#turn);
    this.#changeTimer = undefined;
    this.#turn = undefined;
    this.#isOutdated = false;
  }

  #adoptTargets(view: DirectoryView): void {
    this.#targetIds = view.targetIds;
    this.#targets = new Set(view.targetIds);
  }

  /** All collectors; of ourselves what we know better. Without our node we are no member: others do not see us. */
  #collectors(): CollectorRecord[] {
    const { directory, self, ownRecord, isAnnounced } = this.#options;
    const { collectors } = directory.view;
    if (this.#isDisplaced()) return [...collectors.values()];
    const others = [...collectors.values()].filter(({ id }) => id !== self);
    return collectors.has(self) || isAnnounced() ? [...others, ownRecord()] : others;
  }

  /** Whether another process holds our name: it came while we were cut off. */
  #isDisplaced(): boolean {
    const { directory, self, ownRecord, isAnnounced } = this.#options;
    const standing = directory.view.collectors.get(self);
    return standing !== undefined && standing.incarnation !== ownRecord().incarnation && !isAnnounced();
  }

  #membershipKey(): string {
    const members = this.#collectors().map(({ id, capacity, activeFromMs, drainAtMs }) => [
      id,
      capacity,
      activeFromMs,
      drainAtMs,
    ]);
    return JSON.stringify([this.#isDisplaced(), members.sort()]);
  }

  #armBoundary(plan: OwnershipPlan, nowMs: number): void {
    clearTimeout(this.#boundaryTimer);
    clearTimeout(this.#afterBoundaryTimer);
    const boundaryMs = plan.nextBoundaryMs(nowMs);
    const sinceMs = nowMs - (plan.epochAt(nowMs)?.fromMs ?? -Infinity);
    const waitMs = sinceMs < AFTER_BOUNDARY_MS ? AFTER_BOUNDARY_MS - sinceMs : boundaryMs - nowMs + AFTER_BOUNDARY_MS;
    if (waitMs < Infinity) this.#afterBoundaryTimer = setTimeout(() => this.replan(), timerMs(waitMs));
    if (boundaryMs === Infinity) return;
    this.#boundaryTimer = setTimeout(() => this.#options.onBoundary?.(plan), timerMs(boundaryMs - nowMs));
  }
}

/** A delay for a timer; a boundary in the far future is looked at again before. */
function timerMs(waitMs: number): number {
  return Math.min(Math.ceil(waitMs) + 1, MAX_TIMER_MS);
}
