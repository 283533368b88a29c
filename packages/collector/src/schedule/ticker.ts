import type { SlotClock } from './slot-clock.ts';
import { DueQueue } from './due-queue.ts';

/** Longest sleep: so that a change of the clock's rate, or a timer that fires early, is noticed soon. */
const MAX_SLEEP_MS = 250;

/**
 * Calls back once for all items that are due at one wake-up. It holds the only timer of the schedule.
 *
 * Items due within the same millisecond grid point share a wake-up; the timer is armed for the earliest one. The
 * callback may schedule more. The timer keeps the process alive.
 */
export class Ticker<T> {
  readonly #clock: SlotClock;
  readonly #onDue: (items: readonly T[], nowMs: number) => void;
  readonly #queue = new DueQueue<T>();
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Infinity;
  #expectedAtMs = Infinity;
  #longestLagMs = 0;
  #isRunning = false;
  #isDispatching = false;

  constructor(clock: SlotClock, onDue: (items: readonly T[], nowMs: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Number of items that wait. */
  get size(): number {
    return this.#queue.size;
  }

  /** The longest that a wake-up came late since the last call. */
  takeLagMs(): number {
    const lagMs = this.#longestLagMs;
    this.#longestLagMs = 0;
    return lagMs;
  }

  start(): void {
    this.#isRunning = true;
    this.#arm();
  }

  /** Forgets everything that waits. */
  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedForMs = Infinity;
    this.#queue.clear();
  }

  /** Hands the item to the callback at a slot time; as soon as possible when that is past. */
  schedule(dueMs: number, item: T): void {
    this.#queue.push(Math.ceil(dueMs), item);
    if (this.#isRunning && !this.#isDispatching && dueMs < this.#armedForMs) this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedForMs = Infinity;
    const nextMs = this.#queue.nextDueMs;
    if (nextMs === undefined) return;
    // Node cuts fractions off a delay; rounding up avoids a wake-up just before the time.
    const waitMs = Math.min(Math.max(Math.ceil(this.#clock.untilMs(nextMs)), 0), MAX_SLEEP_MS);
    this.#armedForMs = nextMs;
    this.#expectedAtMs = this.#clock.now() + waitMs;
    this.#timer = setTimeout(() => this.#fire(), waitMs);
  }

  #fire(): void {
    const nowMs = this.#clock.now();
    this.#longestLagMs = Math.max(this.#longestLagMs, nowMs - this.#expectedAtMs);
    const due = this.#queue.popDue(nowMs);
    this.#isDispatching = true;
    try {
      if (due.length > 0) this.#onDue(due, nowMs);
    } finally {
      this.#isDispatching = false;
      if (this.#isRunning) this.#arm();
    }
  }
}
