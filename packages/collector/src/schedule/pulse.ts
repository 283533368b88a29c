import type { Logger } from '@pulsekeeper/model';

import type { ReferenceClock } from './reference-clock.ts';
import type { SlotClock } from './slot-clock.ts';
import type { Stall, StallDetector } from './stall-detector.ts';

/** How often the pulse beats. */
export const PULSE_MS = 250;

/** Settings of {@link Pulse}. */
export interface PulseOptions {
  readonly slotClock: SlotClock;
  readonly reference: ReferenceClock;
  readonly stalls: StallDetector;
  /** Called when the process is found to have stood still, before anything else acts. */
  readonly onStall: (stall: Stall) => void;
  readonly logger: Logger;
}

/** Keeps slot time in step with the cluster's clock, and watches for stalls. */
export class Pulse {
  readonly #options: PulseOptions;
  #timer: NodeJS.Timeout | undefined;
  #stalls = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** How often the process was found to have stood still. */
  get stallCount(): number {
    return this.#stalls;
  }

  start(): void {
    this.#options.stalls.look();
    this.#timer = setInterval(() => this.#beat(), PULSE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks whether the process stood still; to be called before acting on what one believes to know. */
  check(): void {
    const stall = this.#options.stalls.look();
    if (stall !== undefined) this.#report(stall);
  }

  #beat(): void {
    const { slotClock, reference, stalls } = this.#options;
    this.check();
    const sleep = stalls.lookForSleep();
    if (sleep !== undefined) {
      reference.skipSleep(sleep.gapMs);
      slotClock.jumpForward();
      this.#report(sleep);
    }
    slotClock.synchronise(PULSE_MS);
  }

  #report(stall: Stall): void {
    this.#stalls += 1;
    this.#options.logger.warn(stall, 'the process stood still; looking before acting');
    this.#options.onStall(stall);
  }
}
