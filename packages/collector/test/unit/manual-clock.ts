import type { Clock } from '@pulsekeeper/model';

/** Clocks that stand still until a test moves them. */
export class ManualClock implements Clock {
  wallMs = 1_700_000_000_000;
  monotonicMs = 5_000;

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.monotonicMs;
  }

  /** Both clocks move. */
  advance(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
  }
}
