import type { Logger, Parsed, Target, TargetId } from '@pulsekeeper/model';
import type { FrameWriter } from '@pulsekeeper/store';

import { classifyAcquisition } from '../assignment/acquisition.ts';
import { OwnershipPlan } from '../assignment/ownership-plan.ts';
import type { CollectorMetrics } from '../metrics.ts';
import { SchemaCache } from '../record/schema-cache.ts';
import type { ScrapeGate } from '../schedule/scrape-gate.ts';
import type { SlotClock } from '../schedule/slot-clock.ts';
import { SlotCounters } from '../schedule/slot-counters.ts';
import { Ticker } from '../schedule/ticker.ts';
import type { SlotScraper } from '../scrape/target-scraper.ts';
import { ClosingQueue } from './closing-queue.ts';
import type { DueItem, EngineContext } from './engine-context.ts';
import { PendingWork } from './pending-work.ts';
import { withinMs } from './within-ms.ts';
import type { TargetState } from './target-state.ts';
import { TargetTask } from './target-task.ts';

/** Settings of {@link ScrapeEngine}. */
export interface ScrapeEngineOptions {
  readonly self: string;
  readonly clock: SlotClock;
  readonly gate: ScrapeGate;
  readonly frames: FrameWriter;
  readonly createScraper: (target: Target) => SlotScraper;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
  /** How long after a take-over slots are looked up before they are scraped. */
  readonly cautionMs: number;
  /** Of the collectors in ZooKeeper. */
  readonly sessionTimeoutMs: number;
  /** A target of {@link ScrapeEngine.watchedIds} needs no watch any more, nor what its registration says. */
  readonly onDismissed?: ((id: TargetId) => void) | undefined;
  /** Whether this collector can not be sure that its targets are still its own. */
  readonly isDemoted: () => boolean;
  /** How often the process was found to have stood still; asked at each wake-up. */
  readonly stallCount: () => number;
  /** Makes what wakes the engine up. @defaultValue a {@link Ticker} on real timers */
  readonly createTicker?: ((onDue: OnDue) => EngineTicker) | undefined;
}

/** Takes the items that are due at a moment of slot time. */
export type OnDue = (items: readonly DueItem[], nowMs: number) => void;

/** What the engine needs of a {@link Ticker}. */
export type EngineTicker = Pick<Ticker<DueItem>, 'start' | 'stop' | 'schedule' | 'takeLagMs'>;

/** What changed among the targets from one plan to the next. */
export interface TargetChanges {
  /** Whether the cluster did not have the target before. */
  readonly isNew: (id: TargetId) => boolean;
  /** Slot time since when this collector has known of the target. */
  readonly knownFromMs: (id: TargetId) => number;
  /** Whether the cluster has the target now. */
  readonly exists: (id: TargetId) => boolean;
  /** Slot time at which targets came or went last. */
  readonly targetsChangedAtMs: number;
}

/** How long a look into the store may take before the slots are scraped without it. */
const LOOK_TIMEOUT_MS = 500;

/**
 * Scrapes the targets that the plan gives to this collector, each at its slots. It knows nothing of ZooKeeper: it is
 * given plans and registrations, and does what they say.
 */
export class ScrapeEngine {
  readonly totals = new SlotCounters();
  readonly #options: ScrapeEngineOptions;
  readonly #context: EngineContext;
  readonly #ticker: EngineTicker;
  readonly #tasks = new Map<TargetId, TargetTask>();
  /** Tasks of targets that others own by now, until that shows. */
  readonly #watching = new Map<TargetId, TargetTask>();
  /** What ends the tasks of targets that this collector has no part in any more, before long. */
  readonly #leaving = new Map<TargetId, () => void>();
  readonly #pending: PendingWork;
  readonly #active = new Set<SlotScraper>();
  readonly #closing = new ClosingQueue();
  #plan: OwnershipPlan | undefined;
  #targetsChangedAtMs = -Infinity;
  #isStarted = false;
  #isDemoted = true;

  constructor(options: ScrapeEngineOptions) {
    const { self, clock, gate, frames, createScraper, metrics, logger, cautionMs, sessionTimeoutMs, stallCount } =
      options;
    const createTicker = options.createTicker ?? ((onDue: OnDue) => new Ticker<DueItem>(clock, onDue));
    this.#options = options;
    this.#pending = new PendingWork((err) => logger.error({ err }, 'a scrape failed in an unforeseen way'));
    this.#ticker = createTicker((items, nowMs) => this.#onDue(items, nowMs));
    const noPlan = new OwnershipPlan(self, []);
    this.#context = {
      self,
      clock,
      gate,
      schemas: new SchemaCache(),
      frames,
      createScraper,
      metrics,
      logger,
      cautionMs,
      sessionTimeoutMs,
      isSpreading: () => clock.now() < this.#targetsChangedAtMs + cautionMs,
      // Asked once a wake-up rather than once a slot.
      isDemoted: () => this.#isDemoted,
      stallCount,
      totals: this.totals,
      active: this.#active,
      close: (scraper) => this.#closing.add(() => scraper.close()),
      plan: () => this.#plan ?? noPlan,
      schedule: (dueMs, item) => this.#ticker.schedule(dueMs, item),
      dismiss: (task) => this.#dismiss(task),
      track: (work) => this.#pending.add(work),
    };
  }

  get plan(): OwnershipPlan | undefined {
    return this.#plan;
  }

  /** Targets that this collector has a part in. */
  get targetIds(): IterableIterator<TargetId> {
    return this.#tasks.keys();
  }

  /** Targets that others own by now and that this collector, which owned them, still watches over. */
  get watchedIds(): IterableIterator<TargetId> {
    return this.#watching.keys();
  }

  get targetCount(): number {
    return this.#tasks.size;
  }

  /** The longest that a wake-up of the schedule came late since the last call. */
  takeLagMs(): number {
    return this.#ticker.takeLagMs();
  }

  start(): void {
    this.#isStarted = true;
    this.#ticker.start();
  }

  /** Puts a plan into force: acquires what is new in it and releases what is no longer there. */
  applyPlan(next: OwnershipPlan, changes: TargetChanges): void {
    const nowMs = this.#options.clock.now();
    const previous = this.#plan;
    this.#plan = next;
    this.#targetsChangedAtMs = changes.targetsChangedAtMs;
    const wanted = next.targetsFrom(nowMs);
    for (const id of wanted) {
      const acquisition = classifyAcquisition(previous, next, id, changes.isNew(id), nowMs);
      const part = { acquisition, beginsMs: next.beginsMs(id, nowMs), knownFromMs: changes.knownFromMs(id) };
      this.#taskOf(id).acquire(part, nowMs);
    }
    for (const [id, task] of this.#watching) if (!changes.exists(id)) this.#dismiss(task, task.standsIn);
    for (const [id, task] of this.#tasks) {
      if (wanted.has(id)) continue;
      this.#tasks.delete(id);
      const exists = changes.exists(id);
      const wasOwner = previous?.rankAt(id, nowMs) === 0;
      if (exists && task.answersForTarget) {
        this.#watching.set(id, task);
        task.watchOver(nowMs, wasOwner);
      } else {
        this.#releaseSoon(task, wasOwner && !exists, nowMs);
      }
    }
  }

  /** Tells what the registration of a target says. Targets that this collector neither has a part in nor watches are ignored. */
  configure(id: TargetId, target: Parsed<Target> | undefined): void {
    const nowMs = this.#options.clock.now();
    this.#tasks.get(id)?.configure(target, nowMs);
    const watching = this.#watching.get(id);
    if (watching === undefined) return;
    watching.configure(target, nowMs);
    if (!watching.answersForTarget) this.#dismiss(watching);
  }

  /** The states of all targets that this collector has a part in. */
  describeTargets(): TargetState[] {
    const nowMs = this.#options.clock.now();
    return [...this.#tasks.values()].map((task) => task.describe(nowMs));
  }

  /**
   * Takes no new slots and resolves when everything in flight is scraped and handed to the store, or the signal
   * aborts; what is still in flight then is broken off.
   */
  async stop(signal: AbortSignal): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#ticker.stop();
    this.#closing.flush();
    const nowMs = this.#options.clock.now();
    for (const task of [...this.#tasks.values(), ...this.#watching.values()]) task.release(false, nowMs);
    this.#tasks.clear();
    this.#watching.clear();
    await this.#pending.settled(signal);
    const active = [...this.#active];
    this.#active.clear();
    this.#closing.flush();
    for (const scraper of active) scraper.close();
  }

  /** Ends a task as of now, in a turn of the event loop that has time for it. */
  #releaseSoon(task: TargetTask, marksEnd: boolean, nowMs: number): void {
    const release = (): void => {
      if (this.#leaving.get(task.id) !== release) return;
      this.#leaving.delete(task.id);
      task.release(marksEnd, nowMs);
    };
    this.#leaving.set(task.id, release);
    this.#closing.add(release);
  }

  #taskOf(id: TargetId): TargetTask {
    const known = this.#tasks.get(id);
    if (known !== undefined) return known;
    // It comes back: what its writer has to say of its end comes before what it says of the next slots.
    this.#leaving.get(id)?.();
    const task = this.#watching.get(id) ?? new TargetTask(id, this.#context, this.#options.logger);
    this.#watching.delete(id);
    this.#tasks.set(id, task);
    return task;
  }

  #dismiss(task: TargetTask, marksEnd = false): void {
    if (this.#watching.get(task.id) !== task) return;
    this.#watching.delete(task.id);
    task.release(marksEnd, this.#options.clock.now());
    this.#options.onDismissed?.(task.id);
  }

  #onDue(items: readonly DueItem[], nowMs: number): void {
    const looks: DueItem[] = [];
    this.#isDemoted = this.#options.isDemoted();
    for (const item of items) {
      if (item.purpose === 'slot') {
        const look = item.task.onSlotDue(item, nowMs);
        if (look !== undefined) looks.push(look);
      } else if (item.task.wantsLook(item)) {
        looks.push(item);
      }
    }
    if (looks.length > 0) this.#pending.add(this.#look(looks));
  }

  /** Asks the store about all slots that are to be looked up at this moment, in one call. */
  async #look(items: readonly DueItem[]): Promise<void> {
    const { frames, metrics, clock, logger } = this.#options;
    let lastSlots: ReadonlyMap<TargetId, number | undefined> | undefined;
    try {
      const asked = frames.lastSlots(items.map(({ task }) => task.id));
      lastSlots = await withinMs(asked, LOOK_TIMEOUT_MS, 'the store');
    } catch (err) {
      logger.debug({ err, targets: items.length }, 'the store could not be asked for last slots');
    }
    metrics.countLooks(items.length, lastSlots !== undefined);
    if (!this.#isStarted) return;
    const nowMs = clock.now();
    for (const item of items) {
      item.task.onLooked(item, lastSlots?.get(item.task.id), lastSlots !== undefined, nowMs);
    }
  }
}
