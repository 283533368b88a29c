/** Measures how long a server takes, without the time in which the other one is waited for. */
export interface Stopwatch {
  /** Waits for something that is not to be counted. */
  pausedFor<T>(other: Promise<T>): Promise<T>;
  /** What was counted so far. */
  seconds(): number;
}

/** Starts a {@link Stopwatch}. */
export function startStopwatch(now: () => number = () => performance.now()): Stopwatch {
  const startedMs = now();
  let pausedMs = 0;
  return {
    async pausedFor(other) {
      const beforeMs = now();
      try {
        return await other;
      } finally {
        pausedMs += now() - beforeMs;
      }
    },
    seconds: () => (now() - startedMs - pausedMs) / 1000,
  };
}
