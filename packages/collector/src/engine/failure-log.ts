import type { Logger, TargetId } from '@pulsekeeper/model';

import type { ScrapeOutcome } from '../scrape/target-scraper.ts';

/** Failures in a row after which a target that stays down is mentioned again, doubling each time. */
const FIRST_REMINDER = 16;

/** Logs the troubles of one target: the first failure for each reason, reminders ever more seldom, and the recovery. */
export class FailureLog {
  readonly #target: TargetId;
  readonly #logger: Logger;
  #inARow = 0;
  readonly #reasons = new Set<string>();
  #remindAt = FIRST_REMINDER;

  constructor(target: TargetId, logger: Logger) {
    this.#target = target;
    this.#logger = logger;
  }

  /** Failed slots since the last good one. */
  get inARow(): number {
    return this.#inARow;
  }

  note({ error, attempts, durationMs }: ScrapeOutcome): void {
    const target = this.#target;
    if (error === undefined) {
      if (this.#inARow > 0) this.#logger.info({ target, failures: this.#inARow }, 'target is up again');
      this.#inARow = 0;
      this.#reasons.clear();
      this.#remindAt = FIRST_REMINDER;
      return;
    }
    this.#inARow += 1;
    const fields = {
      target,
      reason: error.reason,
      detail: error.message,
      attempts,
      durationMs: Math.round(durationMs),
    };
    if (!this.#reasons.has(error.reason)) {
      this.#reasons.add(error.reason);
      this.#logger.warn({ ...fields, failures: this.#inARow }, 'scrape failed');
    } else if (this.#inARow >= this.#remindAt) {
      this.#remindAt = this.#inARow * 2;
      this.#logger.warn({ ...fields, failures: this.#inARow }, 'scrape still fails');
    } else {
      this.#logger.debug(fields, 'scrape failed');
    }
  }
}
