import type { Clock, Logger } from '@pulsekeeper/model';

import { ClockFilter } from './clock-filter.ts';

/** How often the clock of Redis is read. */
const PERIOD_MS = 4_000;

/** Readings at the start: one may be slow since the process is still busy starting. */
const FIRST_READINGS = 3;

/** Settings of {@link ReferenceClock}. */
export interface ReferenceClockOptions {
  /** This machine's clocks. */
  readonly clock: Clock;
  /** Asks Redis for its time, Unix ms. May reject. */
  readonly readServerTime: () => Promise<number>;
  readonly logger: Logger;
}

/**
 * The clock that all collectors of a cluster share: that of Redis, carried on by the monotonic clock between readings.
 * However wrong the wall clocks of the machines are, collectors mean the same moment by the same slot. Until Redis has
 * been read it is the wall clock.
 *
 * A machine's wall clock that is set changes nothing here. When Redis cannot be read, the last readings stand.
 */
export class ReferenceClock implements Clock {
  readonly #options: ReferenceClockOptions;
  readonly #filter = new ClockFilter();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReferenceClockOptions) {
    this.#options = options;
  }

  /** Unix ms, with fractions. */
  now(): number {
    const { clock } = this.#options;
    const offsetMs = this.#filter.best?.offsetMs;
    return offsetMs === undefined ? clock.now() : clock.monotonic() + offsetMs;
  }

  monotonic(): number {
    return this.#options.clock.monotonic();
  }

  /** This machine's wall clock minus that of Redis, ms; `undefined` until Redis was read. */
  get skewMs(): number | undefined {
    return this.#filter.best === undefined ? undefined : this.#options.clock.now() - this.now();
  }

  /** Reads the clock, and goes on doing so until `stop`. Resolves after the first readings, or failures; never rejects. */
  async start(): Promise<void> {
    for (let reading = 0; reading < FIRST_READINGS; reading += 1) await this.#read();
    this.#timer = setInterval(() => void this.#read(), PERIOD_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The machine slept for so long: its monotonic clock stood still while Redis went on. */
  skipSleep(sleptMs: number): void {
    this.#filter.shift(sleptMs);
  }

  async #read(): Promise<void> {
    const { clock, readServerTime, logger } = this.#options;
    const sentMs = clock.monotonic();
    try {
      const serverMs = await readServerTime();
      const roundTripMs = clock.monotonic() - sentMs;
      this.#filter.add({ offsetMs: serverMs - (sentMs + roundTripMs / 2), roundTripMs });
    } catch (err) {
      logger.debug({ err }, 'the clock of redis could not be read');
    }
  }
}
