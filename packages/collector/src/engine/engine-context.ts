import type { Logger, Target } from '@pulsekeeper/model';
import type { FrameWriter } from '@pulsekeeper/store';

import type { OwnershipPlan } from '../assignment/ownership-plan.ts';
import type { CollectorMetrics } from '../metrics.ts';
import type { SchemaCache } from '../record/schema-cache.ts';
import type { ScrapeGate } from '../schedule/scrape-gate.ts';
import type { SlotClock } from '../schedule/slot-clock.ts';
import type { SlotCounters } from '../schedule/slot-counters.ts';
import type { SlotScraper } from '../scrape/target-scraper.ts';
import type { TargetTask } from './target-task.ts';

/** Something to do for a target at a moment of slot time. Void once the task has moved on to another generation. */
export interface DueItem {
  readonly task: TargetTask;
  readonly generation: number;
  readonly slotMs: number;
  /** `slot`: the slot has come. `look`: ask the store whether it was scraped, and scrape it if not. */
  readonly purpose: 'slot' | 'look';
  /** Of a look: the slot was due before this collector became the owner. */
  readonly isInherited: boolean;
}

/** What the tasks of all targets share. */
export interface EngineContext {
  /** Name of this collector. */
  readonly self: string;
  readonly clock: SlotClock;
  readonly gate: ScrapeGate;
  readonly schemas: SchemaCache;
  readonly frames: FrameWriter;
  readonly createScraper: (target: Target) => SlotScraper;
  readonly totals: SlotCounters;
  readonly metrics: Pick<CollectorMetrics, 'observeScrape'>;
  readonly logger: Logger;
  /** How long after a take-over slots are looked up before they are scraped. */
  readonly cautionMs: number;
  /** Until then after its last sign of life every collector is known to be gone that is. */
  readonly sessionTimeoutMs: number;
  /** Scrapers with a scrape on its way; closed when the collector gives up. */
  readonly active: Set<SlotScraper>;
  /** Closes a scraper that nobody uses any more; not in this very moment. */
  readonly close: (scraper: SlotScraper) => void;
  /** The plan in force. */
  plan(): OwnershipPlan;
  /** Whether targets came or went so recently that other collectors may not have heard of it. */
  isSpreading(): boolean;
  /** Whether this collector can not be sure that its targets are still its own. */
  isDemoted(): boolean;
  /** How often the process was found to have stood still. */
  stallCount(): number;
  schedule(dueMs: number, item: DueItem): void;
  /** Ends a task that only watched over a target of another collector; others are left alone. */
  dismiss(task: TargetTask): void;
  /** Takes care of a promise that nobody awaits: counts it as pending, reports when it rejects. */
  track(work: Promise<unknown>): void;
}
