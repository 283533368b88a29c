import {
  DEFAULT_SCRAPE_RULE,
  silentLogger,
  slotAtOrAfter,
  phaseMs,
  splitTargetId,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import type { AppendOutcome, Frame, FrameWriter } from '@pulsekeeper/store';

import { defaultHandoverMs } from '../../../src/collector-options.ts';
import { PlanBuilder } from '../../../src/assignment/plan-builder.ts';
import { cautionMs } from '../../../src/assignment/slot-approach.ts';
import type { DueItem } from '../../../src/engine/engine-context.ts';
import { ScrapeEngine, type EngineTicker } from '../../../src/engine/scrape-engine.ts';
import type { EpochCollector } from '../../../src/membership/epochs.ts';
import { DueQueue } from '../../../src/schedule/due-queue.ts';
import { ScrapeGate } from '../../../src/schedule/scrape-gate.ts';
import { SlotClock } from '../../../src/schedule/slot-clock.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import type { ScrapeOutcome, SlotScraper } from '../../../src/scrape/target-scraper.ts';
import { ManualClock } from '../manual-clock.ts';

/** What a {@link SimulatedCluster} is made of. */
export interface SimulationOptions {
  readonly intervalMs: number;
  readonly random: () => number;
  /** A change is heard of by each collector after a time of its own, at most this long. */
  readonly maxNewsMs: number;
  /** How long a scrape takes at most. */
  readonly maxScrapeMs: number;
  /** After it a collector that died or hears nothing is one no more; the hand-over time follows from it. @defaultValue 2000 */
  readonly sessionTimeoutMs?: number | undefined;
  /** Collectors that have a part in each target. @defaultValue 1 */
  readonly replication?: number | undefined;
}

/** The truth at a moment: what ZooKeeper would hold. */
interface World {
  readonly targetIds: readonly TargetId[];
  readonly collectors: ReadonlyMap<string, EpochCollector>;
}

/** A change is followed by another plan so much after each boundary, as the planner does it. */
const AFTER_BOUNDARY_MS = 1_500;
const NEVER = new AbortController().signal;
/** Between the end of the slots of a leaver and its going. */
const LAST_SLOT_MS = 100;

/**
 * Several real engines that share a store and targets, on a clock that the test moves; the news of a change reaches each of
 * them at another moment. Nothing waits for real time, so that what happens depends on the seed alone.
 */
export class SimulatedCluster {
  readonly clock = new ManualClock();
  /** Unix ms of every request, by `<target>@<slot>`. */
  readonly requests = new Map<string, number[]>();
  readonly #options: SimulationOptions;
  readonly #events = new DueQueue<() => void>();
  readonly #stored = new Map<TargetId, Set<number>>();
  readonly #members = new Map<string, SimulatedCollector>();
  #world: World = { targetIds: [], collectors: new Map() };

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  get nowMs(): number {
    return this.clock.wallMs;
  }

  /** Arranges for something to happen so much later. */
  after(delayMs: number, action: () => void): void {
    this.#events.push(Math.ceil(this.nowMs + delayMs), action);
  }

  /** Adds and takes away targets. */
  change(added: readonly TargetId[], removed: readonly TargetId[] = []): void {
    const gone = new Set(removed);
    this.#tell({ ...this.#world, targetIds: [...this.#world.targetIds.filter((id) => !gone.has(id)), ...added] });
  }

  /** A collector starts: it owns its share from the hand-over time on. */
  join(id: string): void {
    this.#members.set(id, new SimulatedCollector(id, this));
    this.#announce(id, { id, capacity: 1, activeFromMs: this.nowMs + this.handoverMs });
  }

  /** A collector leaves in order; its record goes when it has finished. */
  leave(id: string): void {
    const record = this.#world.collectors.get(id);
    const member = this.#members.get(id);
    if (record === undefined || member === undefined) throw new TypeError(`there is no collector ${id}`);
    const drainAtMs = this.nowMs + this.handoverMs;
    this.#announce(id, { ...record, drainAtMs });
    // Not awaited here: what is in flight ends by events of its own.
    this.after(this.handoverMs + LAST_SLOT_MS, () => void member.stop().then(() => this.#forget(id)));
  }

  /** A collector dies; its record goes with its session. */
  kill(id: string): void {
    this.#members.get(id)?.die();
    this.after(this.sessionTimeoutMs, () => this.#forget(id));
  }

  /**
   * A collector hears nothing for so long, as one whose connection to ZooKeeper stalls; it knows that, and works on. Longer
   * than a session, it is no member until it has joined anew.
   */
  deafen(id: string, ms: number): void {
    const member = this.#members.get(id);
    const record = this.#world.collectors.get(id);
    if (member === undefined || record === undefined) throw new TypeError(`there is no collector ${id}`);
    const untilMs = this.nowMs + ms;
    member.deafUntilMs = untilMs;
    member.informedUntilMs = Math.max(member.informedUntilMs, untilMs);
    if (ms <= this.sessionTimeoutMs) return;
    this.after(this.sessionTimeoutMs, () => this.#withdraw(id));
    this.after(ms, () => this.#announce(id, { ...record, activeFromMs: this.nowMs + this.handoverMs }));
  }

  /** Lets time pass. */
  async run(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const nextMs = this.#events.nextDueMs ?? Infinity;
      if (nextMs > untilMs) break;
      this.clock.advance(Math.max(0, nextMs - this.nowMs));
      for (const action of this.#events.popDue(this.nowMs)) action();
      await settle();
    }
    this.clock.advance(untilMs - this.nowMs);
  }

  /** The slots of a target, `fromMs ≤ slot < toMs`, that the store does not hold, as `<target>@<slot>`. */
  missing(id: TargetId, fromMs: number, toMs: number): string[] {
    const { intervalMs } = this.#options;
    const missing: string[] = [];
    for (let slot = slotAtOrAfter(fromMs, intervalMs, phaseMs(id, intervalMs)); slot < toMs; slot += intervalMs) {
      if (this.#stored.get(id)?.has(slot) !== true) missing.push(`${id}@${slot}`);
    }
    return missing;
  }

  /** For the members. */
  get world(): World {
    return this.#world;
  }

  /** For the members. */
  get intervalMs(): number {
    return this.#options.intervalMs;
  }

  get sessionTimeoutMs(): number {
    return this.#options.sessionTimeoutMs ?? 2_000;
  }

  /** As the collectors have it by default. */
  get handoverMs(): number {
    return defaultHandoverMs(this.sessionTimeoutMs);
  }

  /** For the members. */
  get replication(): number {
    return this.#options.replication ?? 1;
  }

  /** Targets that the collectors watch over which lost them. */
  get watched(): number {
    return [...this.#members.values()].reduce((sum, member) => sum + member.watched, 0);
  }

  /** Stores a frame, as Redis would: one a slot. */
  append(id: TargetId, slotMs: number): AppendOutcome {
    const slots = this.#stored.get(id) ?? new Set();
    this.#stored.set(id, slots);
    if (slots.has(slotMs)) return 'doubled';
    slots.add(slotMs);
    return 'written';
  }

  /** The newest slot of each target. */
  lastSlots(ids: readonly TargetId[]): Map<TargetId, number | undefined> {
    return new Map(ids.map((id) => [id, this.#stored.has(id) ? Math.max(...(this.#stored.get(id) ?? [])) : undefined]));
  }

  /** How long the next scrape takes. */
  scrapeMs(): number {
    return Math.ceil(this.#options.random() * this.#options.maxScrapeMs);
  }

  #forget(id: string): void {
    this.#members.delete(id);
    this.#withdraw(id);
  }

  /** A collector writes its record. */
  #announce(id: string, record: EpochCollector): void {
    this.#tell({ ...this.#world, collectors: new Map(this.#world.collectors).set(id, record) }, id);
  }

  #withdraw(id: string): void {
    const collectors = new Map(this.#world.collectors);
    if (collectors.delete(id)) this.#tell({ ...this.#world, collectors });
  }

  /** The author of a change knows at once. News overtakes no other news on its way to one collector. */
  #tell(world: World, author?: string): void {
    this.#world = world;
    for (const [id, member] of this.#members) {
      const delayMs = id === author ? 0 : this.#options.random() * this.#options.maxNewsMs;
      const atMs = Math.max(this.nowMs + delayMs, member.informedUntilMs);
      member.informedUntilMs = atMs;
      this.#events.push(Math.ceil(atMs), () => member.hear(world));
    }
  }
}

/** One collector: a real engine with plans from what it has heard. */
class SimulatedCollector {
  informedUntilMs = -Infinity;
  deafUntilMs = -Infinity;
  readonly #cluster: SimulatedCluster;
  readonly #builder: PlanBuilder;
  readonly #engine: ScrapeEngine;
  readonly #knownFromMs = new Map<TargetId, number>();
  #planned: ReadonlySet<TargetId> | undefined;
  #view: World | undefined;
  #targetsChangedAtMs = -Infinity;
  #isAlive = true;

  constructor(id: string, cluster: SimulatedCluster) {
    this.#cluster = cluster;
    this.#builder = new PlanBuilder({ self: id, replication: cluster.replication });
    this.#engine = new ScrapeEngine({
      self: id,
      clock: new SlotClock({ clock: cluster.clock }),
      gate: new ScrapeGate({ maxInFlight: 100, maxCatchUp: 50 }),
      frames: this.#frames(),
      createScraper: (target) => this.#scraper(target),
      metrics: { observeScrape: () => undefined, countLooks: () => undefined } as never,
      logger: silentLogger,
      cautionMs: cautionMs(0),
      sessionTimeoutMs: cluster.sessionTimeoutMs,
      isDemoted: () => cluster.nowMs < this.deafUntilMs,
      stallCount: () => 0,
      createTicker: (onDue) => this.#ticker(onDue),
    });
    this.#engine.start();
  }

  get watched(): number {
    return [...this.#engine.watchedIds].length;
  }

  hear(world: World): void {
    if (world.targetIds !== this.#view?.targetIds) this.#targetsChangedAtMs = this.#cluster.nowMs;
    this.#view = world;
    this.#replan();
  }

  async stop(): Promise<void> {
    await this.#engine.stop(NEVER);
    this.#isAlive = false;
  }

  die(): void {
    this.#isAlive = false;
  }

  #replan(): void {
    const view = this.#view;
    if (view === undefined || !this.#isAlive) return;
    const { nowMs } = this.#cluster;
    const before = this.#planned ?? new Set(view.targetIds);
    const now = new Set(view.targetIds);
    for (const id of now) if (!this.#knownFromMs.has(id)) this.#knownFromMs.set(id, nowMs);
    for (const id of before) if (!now.has(id)) this.#knownFromMs.delete(id);
    this.#planned = now;
    const plan = this.#builder.build({
      collectors: view.collectors.values(),
      targetIds: view.targetIds,
      nowMs,
      lookbackMs: 60_000,
    });
    this.#engine.applyPlan(plan, {
      isNew: (id) => !before.has(id),
      exists: (id) => now.has(id),
      targetsChangedAtMs: this.#targetsChangedAtMs,
      knownFromMs: (id) => this.#knownFromMs.get(id) ?? Infinity,
    });
    const states = this.#engine.describeTargets();
    for (const { target, url } of states) if (url === undefined) this.#configure(target as TargetId);
    const boundaryMs = plan.nextBoundaryMs(nowMs);
    if (boundaryMs < Infinity) this.#cluster.after(boundaryMs - nowMs + AFTER_BOUNDARY_MS, () => this.#replan());
  }

  #configure(id: TargetId): void {
    const { service, instance } = splitTargetId(id);
    const rule = { ...DEFAULT_SCRAPE_RULE, intervalMs: this.#cluster.intervalMs };
    const target: Target = { id, service, instance, url: 'http://127.0.0.1:1/metrics', rule, labels: {} };
    this.#engine.configure(id, { ok: true, value: target });
  }

  #frames(): FrameWriter {
    return {
      open: ({ id }: { id: TargetId }) => ({
        append: ({ slotMs }: Frame) => Promise.resolve(this.#cluster.append(id, slotMs)),
        end: () => Promise.resolve(),
        close: () => undefined,
      }),
      lastSlots: (ids: readonly TargetId[]) => Promise.resolve(this.#cluster.lastSlots(ids)),
    };
  }

  #scraper({ id }: Target): SlotScraper {
    const { intervalMs } = this.#cluster;
    return {
      scrape: () => {
        const phase = phaseMs(id, intervalMs);
        const slot = Math.floor((this.#cluster.nowMs - phase) / intervalMs) * intervalMs + phase;
        const key = `${id}@${slot}`;
        this.#cluster.requests.set(key, [...(this.#cluster.requests.get(key) ?? []), this.#cluster.nowMs]);
        const durationMs = this.#cluster.scrapeMs();
        return new Promise((resolve) => {
          this.#cluster.after(durationMs, () => {
            if (this.#isAlive) resolve(outcomeAfter(durationMs));
          });
        });
      },
      close: () => undefined,
    };
  }

  #ticker(onDue: (items: readonly DueItem[], nowMs: number) => void): EngineTicker {
    let isRunning = true;
    return {
      start: () => undefined,
      stop: () => {
        isRunning = false;
      },
      takeLagMs: () => 0,
      schedule: (dueMs, item) =>
        this.#cluster.after(Math.max(0, dueMs - this.#cluster.nowMs), () => {
          if (isRunning && this.#isAlive) onDue([item], this.#cluster.nowMs);
        }),
    };
  }
}

function outcomeAfter(durationMs: number): ScrapeOutcome {
  return {
    exposition: undefined,
    error: new ScrapeError('http_status', 'a simulated target has no samples'),
    attempts: 1,
    retried: [],
    durationMs,
    lastAttemptAfterMs: 0,
    bodyBytes: 0,
    wireBytes: 0,
  };
}

/** Lets promises that are ready run their course. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}
