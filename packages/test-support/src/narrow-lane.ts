/** One direction of a link that carries so much a second and no more: what comes faster waits in the order of its coming. */
export class NarrowLane {
  readonly #bytesPerMs: number;
  #freeAtMs = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1_000;
  }

  /** Sends so many bytes behind all that is on its way. Returns when the last of them has passed, by `performance.now()`. */
  takeMs(bytes: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + bytes / this.#bytesPerMs;
    return this.#freeAtMs;
  }
}
