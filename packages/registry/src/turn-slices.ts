import { deferred } from '@pulsekeeper/model';

/** A piece of work that waits for a turn with time left. */
interface Waiting {
  readonly piece: () => void;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** Where turns are long anyway, the pieces may take half as long again. */
const SHARE = 0.5;

/**
 * Runs short pieces of work, a few milliseconds of them in a turn of the event loop, in the order they came. A socket gives all
 * answers of a chunk in one turn; whatever else the process does must not wait until each of them is dealt with.
 *
 * In a process that gets little processor time, turns are few and long: were the slices as short there as elsewhere, the work
 * would take for ever, and nothing else would be the quicker.
 */
export class TurnSlices {
  readonly #sliceMs: number;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #spentMs = 0;
  #nextSlice: NodeJS.Immediate | undefined;
  #awaitedFromMs = 0;

  /**
   * @param sliceMs - Time of a turn that the pieces may take together, unless it is long anyway; one piece is done in any case.
   * @param now - Monotonic milliseconds.
   */
  constructor(sliceMs: number, now: () => number = () => performance.now()) {
    this.#sliceMs = sliceMs;
    this.#now = now;
  }

  /** Runs the piece at once where this turn has time for it, else in a later one. Resolves when it is done, rejects as it throws. */
  async run(piece: () => void): Promise<void> {
    if (this.#waiting.length > 0 || this.#spentMs >= this.#sliceMs) {
      const { promise, resolve, reject } = deferred<undefined>();
      this.#waiting.push({ piece, done: () => resolve(undefined), fail: reject });
      await promise;
      return;
    }
    if (this.#nextSlice === undefined) this.#awaitSlice();
    this.#runTimed(piece);
  }

  #awaitSlice(): void {
    this.#awaitedFromMs = this.#now();
    this.#nextSlice = setImmediate(() => this.#runSlice());
  }

  #runSlice(): void {
    const limitMs = Math.max(this.#sliceMs, SHARE * (this.#now() - this.#awaitedFromMs));
    let count = 0;
    this.#spentMs = 0;
    for (const { piece, done, fail } of this.#waiting) {
      if (this.#spentMs >= limitMs) break;
      count += 1;
      try {
        this.#runTimed(piece);
        done();
      } catch (error) {
        fail(error);
      }
    }
    this.#waiting = this.#waiting.slice(count);
    this.#nextSlice = undefined;
    // What this turn has spent counts until the next one.
    if (count > 0) this.#awaitSlice();
  }

  #runTimed(piece: () => void): void {
    const beganMs = this.#now();
    try {
      piece();
    } finally {
      this.#spentMs += this.#now() - beganMs;
    }
  }
}
