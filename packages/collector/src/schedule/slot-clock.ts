import type { Clock } from '@pulsekeeper/model';

/** Settings of {@link SlotClock}. */
export interface SlotClockOptions {
  /** Its `now` is the clock to follow. */
  readonly clock: Clock;
  /**
   * Most that slot time runs faster or slower than real time while it follows a clock that was set, as a fraction.
   * At 0.05 a cadence changes by 5 % at most, and a second is made good in 20.
   * @defaultValue 0.05
   */
  readonly maxSlew?: number | undefined;
}

/** Slot time within this of the clock counts as equal: the two are read at different moments and granularities. */
const TOLERANCE_MS = 2;

/**
 * Unix time for the schedule: it starts at the clock that it is given and advances with the monotonic one, so a clock
 * that jumps by an hour neither bunches nor stops scrapes. It follows a clock that was set by running a little faster or
 * slower until it agrees. Once begun it never goes back.
 *
 * `synchronise` is to be called now and then (each second or so); between two calls the rate is constant.
 */
export class SlotClock {
  readonly #clock: Clock;
  readonly #maxSlew: number;
  #anchorMs: number;
  #anchorMonotonicMs: number;
  #rate = 1;

  constructor(options: SlotClockOptions) {
    this.#clock = options.clock;
    this.#maxSlew = options.maxSlew ?? 0.05;
    this.#anchorMs = options.clock.now();
    this.#anchorMonotonicMs = options.clock.monotonic();
  }

  /** Slot time, Unix ms with fractions. */
  now(): number {
    return this.#anchorMs + (this.#clock.monotonic() - this.#anchorMonotonicMs) * this.#rate;
  }

  /** Real milliseconds until a slot time, at the present rate; negative when it is past. */
  untilMs(slotTimeMs: number): number {
    return (slotTimeMs - this.now()) / this.#rate;
  }

  /** Sets slot time to the clock at once, in either direction: for the start, before the first slot. */
  begin(): void {
    this.#anchorMs = this.#clock.now();
    this.#anchorMonotonicMs = this.#clock.monotonic();
    this.#rate = 1;
  }

  /** How far the clock is ahead of slot time. */
  get driftMs(): number {
    return this.#clock.now() - this.now();
  }

  /**
   * Compares with the clock and chooses the rate for the next stretch.
   *
   * @param expectedGapMs - When the next call is expected; the rate is chosen to make good what it can until then.
   */
  synchronise(expectedGapMs: number): void {
    const slotNowMs = this.now();
    const driftMs = this.#clock.now() - slotNowMs;
    this.#anchorMs = slotNowMs;
    this.#anchorMonotonicMs = this.#clock.monotonic();
    if (Math.abs(driftMs) <= TOLERANCE_MS) {
      this.#rate = 1;
      return;
    }
    const wanted = driftMs / expectedGapMs;
    this.#rate = 1 + Math.min(Math.max(wanted, -this.#maxSlew), this.#maxSlew);
  }

  /** Moves forward to the clock at once: for a machine that slept, whose monotonic clock stood still. */
  jumpForward(): void {
    const slotNowMs = this.now();
    this.#anchorMs = Math.max(slotNowMs, this.#clock.now());
    this.#anchorMonotonicMs = this.#clock.monotonic();
    this.#rate = 1;
  }
}
