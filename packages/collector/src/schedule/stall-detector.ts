import type { Clock } from '@pulsekeeper/model';

/** Settings of {@link StallDetector}. */
export interface StallDetectorOptions {
  readonly clock: Clock;
  /** Time between two looks beyond which the process was not just busy but standing still. */
  readonly thresholdMs: number;
  /** Seconds since boot, with the time that the machine slept. */
  readonly uptimeSeconds: () => number;
}

/** What a look found. */
export type Stall =
  /** The process did not run (SIGSTOP, a blocked event loop, no CPU time). */
  | { readonly kind: 'stalled'; readonly gapMs: number }
  /** The whole machine slept; its monotonic clock stood still meanwhile. */
  | { readonly kind: 'slept'; readonly gapMs: number };

/**
 * Notices that the process was not running. Two clocks tell: the monotonic one jumps over a stopped process, and the
 * time since boot also counts a sleeping machine. A wall clock that is set looks like neither.
 */
export class StallDetector {
  readonly #options: StallDetectorOptions;
  #lastLookMs: number;
  #sleepBaseMs: number;

  constructor(options: StallDetectorOptions) {
    this.#options = options;
    this.#lastLookMs = options.clock.monotonic();
    this.#sleepBaseMs = this.#sleptMs();
  }

  /** Whether the process stood still since the last look. Cheap; to be called often, before acting. */
  look(): Stall | undefined {
    const nowMs = this.#options.clock.monotonic();
    const gapMs = nowMs - this.#lastLookMs;
    this.#lastLookMs = nowMs;
    return gapMs > this.#options.thresholdMs ? { kind: 'stalled', gapMs } : undefined;
  }

  /** Whether the machine slept since the last call. Reads a file; to be called now and then. */
  lookForSleep(): Stall | undefined {
    const sleptMs = this.#sleptMs();
    const gapMs = sleptMs - this.#sleepBaseMs;
    this.#sleepBaseMs = sleptMs;
    return gapMs > this.#options.thresholdMs ? { kind: 'slept', gapMs } : undefined;
  }

  /** Time since boot that the monotonic clock does not know of, plus a constant. */
  #sleptMs(): number {
    return this.#options.uptimeSeconds() * 1000 - this.#options.clock.monotonic();
  }
}
