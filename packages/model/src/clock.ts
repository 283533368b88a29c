/** Where time comes from; injected so that tests own it. */
export interface Clock {
  /** Wall clock: Unix time in milliseconds. It may jump. */
  now(): number;
  /** Monotonic clock in milliseconds from an arbitrary origin. It never goes back; use it for deadlines and durations. */
  monotonic(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
