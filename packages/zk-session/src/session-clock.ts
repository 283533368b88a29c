import { performance } from 'node:perf_hooks';

/** Where the session takes time from. */
export interface SessionClock {
  /** Unix time in milliseconds: only for showing. */
  now(): number;
  /** Milliseconds that never jump or go back: for everything that is measured. */
  monotonic(): number;
}

/** The clocks of this process. */
export const systemSessionClock: SessionClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
