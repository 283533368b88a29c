/** A timer that fires later than this was held up: the process was busy or stood still. */
const HELD_UP_MS = 20;

/** Longest time that is added for a hold-up. */
const MAX_GRACE_MS = 250;

/**
 * The deadline of one attempt. Timers run before sockets are read, so after a hold-up of the event loop the deadline
 * comes first although the answer may be there: then the target is given as much time again as the process lost, once.
 */
export class AttemptDeadline {
  readonly #onExpired: () => void;
  readonly #dueMs: number;
  #timer: NodeJS.Timeout;

  constructor(timeoutMs: number, onExpired: () => void) {
    this.#onExpired = onExpired;
    this.#dueMs = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#fire(), timeoutMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #fire(): void {
    const heldUpMs = performance.now() - this.#dueMs;
    if (heldUpMs < HELD_UP_MS) this.#onExpired();
    else this.#timer = setTimeout(this.#onExpired, Math.min(heldUpMs, MAX_GRACE_MS));
  }
}
