import type { FailureReason, ScrapeReport } from '@pulsekeeper/model';

import type { SlotAttempts } from '../scrape/attempt-log.ts';
import type { SlotCounts } from '../schedule/slot-counters.ts';

/** Health of a target as this collector sees it. */
export type TargetHealth = 'up' | 'down' | 'unknown' | 'rejected';

/** A target's state as `/targets` shows it. */
export interface TargetState {
  readonly target: string;
  readonly health: TargetHealth;
  /** 0: this collector scrapes it; above: it is a backup; -1: it will be, or was just now. */
  readonly rank: number;
  readonly url: string | undefined;
  readonly intervalMs: number | undefined;
  readonly nextSlotMs: number | undefined;
  readonly lastSlotMs: number | undefined;
  readonly lastReport: ScrapeReport | undefined;
  /** Why it cannot be scraped (`rejected`) or was not (`down`). */
  readonly lastError: { readonly reason: FailureReason | 'rejected'; readonly message: string } | undefined;
  /** Failed slots since the last good one. */
  readonly failuresInARow: number;
  readonly slots: SlotCounts;
  /** Of the latest slots that took more than one attempt or failed, oldest first. */
  readonly attempts: readonly SlotAttempts[];
}
