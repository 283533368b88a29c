/** Frames that may go at once when a drain begins. */
const BURST_FRAMES = 512;

/**
 * Bounds the rate at which a backlog is written, so that live readers and other collectors get their share of Redis. Without
 * a backlog there is no bound.
 */
export class DrainPace {
  readonly #framesPerSecond: number;
  #isDraining = false;
  #tokens = 0;
  #atMs = 0;

  constructor(framesPerSecond: number) {
    this.#framesPerSecond = framesPerSecond;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** An outage has ended. */
  begin(nowMs: number): void {
    this.#isDraining = true;
    this.#tokens = BURST_FRAMES;
    this.#atMs = nowMs;
  }

  /** The backlog is written. */
  end(): void {
    this.#isDraining = false;
  }

  /** How many frames may go now. */
  allowance(nowMs: number): number {
    if (!this.#isDraining) return Infinity;
    const earned = ((nowMs - this.#atMs) / 1000) * this.#framesPerSecond;
    this.#atMs = nowMs;
    this.#tokens = Math.min(BURST_FRAMES, this.#tokens + earned);
    return Math.floor(this.#tokens);
  }

  spend(frames: number): void {
    if (this.#isDraining) this.#tokens -= frames;
  }

  /** Until a frame may go. */
  waitMs(): number {
    return Math.max(1, Math.ceil(((8 - this.#tokens) / this.#framesPerSecond) * 1000));
  }
}
