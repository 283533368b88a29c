import type { Clock, Logger, TargetId } from '@pulsekeeper/model';

/** From one line of a target to its next. */
export const REFUSALS_LOGGED_EVERY_MS = 600_000;

/**
 * Tells of what Redis refuses of a target's time series: of the first with its reason, then every ten minutes of one more
 * with their number. The counters have them all.
 */
export class RefusalLog {
  readonly #target: TargetId;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #refusals = 0;
  #silentUntilMs = -Infinity;

  constructor(target: TargetId, logger: Logger, clock: Clock) {
    this.#target = target;
    this.#logger = logger;
    this.#clock = clock;
  }

  /**
   * Takes one or more refusals.
   *
   * @param key - of a series that is refused
   * @param reason - what Redis said of it
   */
  note(key: string, reason: string, refusals: number): void {
    this.#refusals += refusals;
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#silentUntilMs) return;
    this.#logger.error(
      { target: this.#target, key, reason, refusals: this.#refusals },
      'redis refuses samples of time series: they are left out',
    );
    this.#refusals = 0;
    this.#silentUntilMs = nowMs + REFUSALS_LOGGED_EVERY_MS;
  }
}
