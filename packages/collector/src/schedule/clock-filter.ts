/** One look at another clock. */
export interface ClockReading {
  /** The other clock minus this machine's monotonic one, ms, taken in the middle of the round trip. */
  readonly offsetMs: number;
  /** The offset is wrong by at most half of it. */
  readonly roundTripMs: number;
}

/** Readings that are kept: enough to outlast a short time of load, few enough to follow a clock that drifts. */
const KEPT_READINGS = 8;

/**
 * Chooses among the last readings of a clock the one with the shortest round trip, which is wrong by the least: a reading
 * that waited for a busy server or a busy event loop is not used while there is a better one. The clock filter of NTP
 * (RFC 5905, section 10).
 */
export class ClockFilter {
  #readings: readonly ClockReading[] = [];
  #best: ClockReading | undefined;

  /** `undefined` until there was a reading. */
  get best(): ClockReading | undefined {
    return this.#best;
  }

  add(reading: ClockReading): void {
    this.#readings = [...this.#readings, reading].slice(-KEPT_READINGS);
    this.#best = this.#readings.reduce((best, each) => (each.roundTripMs <= best.roundTripMs ? each : best));
  }

  /** The monotonic clock stood still for so long while the other went on. */
  shift(byMs: number): void {
    this.#readings = this.#readings.map(({ offsetMs, roundTripMs }) => ({ offsetMs: offsetMs + byMs, roundTripMs }));
    this.#best = this.#best === undefined ? undefined : { ...this.#best, offsetMs: this.#best.offsetMs + byMs };
  }
}
