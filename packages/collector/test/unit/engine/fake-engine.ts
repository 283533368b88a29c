import {
  DEFAULT_SCRAPE_RULE,
  phaseMs,
  silentLogger,
  type ScrapeRule,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import type { AppendOutcome, Frame, FrameWriter, TargetWriter } from '@pulsekeeper/store';

import type { OwnershipPlan } from '../../../src/assignment/ownership-plan.ts';
import type { DueItem, EngineContext } from '../../../src/engine/engine-context.ts';
import { PendingWork } from '../../../src/engine/pending-work.ts';
import { SchemaCache } from '../../../src/record/schema-cache.ts';
import { DueQueue } from '../../../src/schedule/due-queue.ts';
import { ScrapeGate } from '../../../src/schedule/scrape-gate.ts';
import { SlotClock } from '../../../src/schedule/slot-clock.ts';
import { SlotCounters } from '../../../src/schedule/slot-counters.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import type { ScrapeOutcome, SlotScraper } from '../../../src/scrape/target-scraper.ts';
import { fakePlan, TARGET } from '../assignment/fake-plan.ts';
import { ManualClock } from '../manual-clock.ts';

/** Interval of the tests' target. */
export const INTERVAL = 5_000;

/** The surroundings of a task: time, the store and the target are in the hands of the test. */
export class FakeEngine {
  readonly clock = new ManualClock();
  readonly queue = new DueQueue<DueItem>();
  readonly totals = new SlotCounters();
  readonly frames: Frame[] = [];
  readonly ends: number[] = [];
  /** The newest slot that the store says it has. */
  stored: number | undefined;
  isStoreAway = false;
  appendOutcome: AppendOutcome = 'written';
  isDemoted = false;
  isSpreading = false;
  stalls = 0;
  plan: OwnershipPlan = fakePlan({ members: ['me', 'other'], owners: { [TARGET]: ['me'] } });
  /** How long a scrape takes. */
  durationMs = 0;
  failure: ScrapeError | undefined;
  scrapes: number[] = [];
  closed = 0;
  dismissed = 0;
  looks = 0;
  readonly context: EngineContext;
  readonly #pending = new PendingWork((error) => {
    throw error;
  });
  readonly #running: { readonly endsAtMs: number; readonly finish: () => void }[] = [];

  constructor(maxInFlight = 10, sessionTimeoutMs = 2_000) {
    const slotClock = new SlotClock({ clock: this.clock });
    this.context = {
      self: 'me',
      clock: slotClock,
      gate: new ScrapeGate({ maxInFlight, maxCatchUp: maxInFlight }),
      schemas: new SchemaCache(),
      frames: { open: () => this.#writer() } as unknown as FrameWriter,
      createScraper: () => this.#scraper(),
      totals: this.totals,
      metrics: { observeScrape: () => undefined },
      logger: silentLogger,
      cautionMs: 2_000,
      sessionTimeoutMs,
      active: new Set(),
      close: (scraper) => scraper.close(),
      plan: () => this.plan,
      isSpreading: () => this.isSpreading,
      isDemoted: () => this.isDemoted,
      stallCount: () => this.stalls,
      schedule: (dueMs, item) => this.queue.push(Math.ceil(dueMs), item),
      dismiss: () => {
        this.dismissed += 1;
      },
      track: (work) => this.#pending.add(work),
    };
  }

  get nowMs(): number {
    return this.clock.wallMs;
  }

  /** The last slot at or before a time. */
  slotBefore(timeMs: number): number {
    const phase = phaseMs(TARGET, INTERVAL);
    return Math.floor((timeMs - phase) / INTERVAL) * INTERVAL + phase;
  }

  /** Moves to a time and does everything that falls due on the way, at its time. */
  async runUntil(timeMs: number): Promise<void> {
    await settle();
    for (;;) {
      const nextMs = Math.min(this.queue.nextDueMs ?? Infinity, ...this.#running.map(({ endsAtMs }) => endsAtMs));
      if (nextMs > timeMs) break;
      this.clock.advance(Math.max(0, nextMs - this.nowMs));
      this.#finishScrapes();
      for (const item of this.queue.popDue(this.nowMs)) this.#handle(item);
      await settle();
    }
    this.clock.advance(timeMs - this.nowMs);
  }

  /** The process stands still: time passes and nothing happens. */
  stallFor(ms: number): void {
    this.clock.advance(ms);
    this.stalls += 1;
  }

  #handle(item: DueItem): void {
    if (item.purpose === 'slot') {
      const look = item.task.onSlotDue(item, this.nowMs);
      if (look !== undefined) this.#look(look);
    } else if (item.task.wantsLook(item)) {
      this.#look(item);
    }
  }

  #look(item: DueItem): void {
    this.looks += 1;
    item.task.onLooked(item, this.isStoreAway ? undefined : this.stored, !this.isStoreAway, this.nowMs);
  }

  #finishScrapes(): void {
    for (const run of [...this.#running]) {
      if (run.endsAtMs > this.nowMs) continue;
      this.#running.splice(this.#running.indexOf(run), 1);
      run.finish();
    }
  }

  #scraper(): SlotScraper {
    return {
      scrape: () => {
        this.scrapes.push(this.nowMs);
        const startedMs = this.nowMs;
        const outcome = (): ScrapeOutcome => ({
          exposition: undefined,
          error: this.failure ?? new ScrapeError('http_status', 'a test has no samples'),
          attempts: 1,
          retried: [],
          durationMs: this.nowMs - startedMs,
          lastAttemptAfterMs: 0,
          bodyBytes: 0,
          wireBytes: 0,
        });
        if (this.durationMs === 0) return Promise.resolve(outcome());
        return new Promise((resolve) => {
          this.#running.push({ endsAtMs: startedMs + this.durationMs, finish: () => resolve(outcome()) });
        });
      },
      close: () => {
        this.closed += 1;
      },
    };
  }

  #writer(): TargetWriter {
    return {
      append: (frame) => {
        this.frames.push(frame);
        return Promise.resolve(this.appendOutcome);
      },
      end: (slotMs) => {
        this.ends.push(slotMs);
        return Promise.resolve();
      },
      close: () => undefined,
    };
  }
}

/** A target with the tests' interval. */
export function targetWith(rule: Partial<ScrapeRule> = {}): { ok: true; value: Target } {
  return {
    ok: true,
    value: {
      id: TARGET,
      service: 'shop',
      instance: 'one',
      url: 'http://127.0.0.1:1/metrics',
      rule: { ...DEFAULT_SCRAPE_RULE, intervalMs: INTERVAL, ...rule },
      labels: { service: 'shop', instance: 'one' },
    },
  };
}

/** Lets promises that are ready run their course. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export { TARGET };
export type { TargetId };
