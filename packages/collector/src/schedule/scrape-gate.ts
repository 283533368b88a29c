/** Jobs that may be done with before an array of waiting ones is cut. */
const COMPACT_FROM = 1024;

/** What waits at the gate. */
type Job = () => void;

/** Settings of {@link ScrapeGate}. */
export interface ScrapeGateOptions {
  /** Most scrapes in flight at once. */
  readonly maxInFlight: number;
  /** Most of them that make good a slot (take-overs, look-ups), so that these never crowd out slots that are on time. */
  readonly maxCatchUp: number;
}

/**
 * Bounds the scrapes in flight. Those on time go first, in order; those that make good a slot share a smaller bound.
 * Each admitted job must call `leave` exactly once.
 */
export class ScrapeGate {
  readonly #options: ScrapeGateOptions;
  readonly #onTime: Job[] = [];
  readonly #catchUp: Job[] = [];
  #onTimeHead = 0;
  #catchUpHead = 0;
  #inFlight = 0;
  #catchUpInFlight = 0;

  constructor(options: ScrapeGateOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#onTime.length - this.#onTimeHead + this.#catchUp.length - this.#catchUpHead;
  }

  /** Runs the job as soon as there is room: at once, synchronously, when there is. */
  enter(job: Job, isCatchUp: boolean): void {
    (isCatchUp ? this.#catchUp : this.#onTime).push(job);
    this.#admit();
  }

  leave(isCatchUp: boolean): void {
    this.#inFlight -= 1;
    if (isCatchUp) this.#catchUpInFlight -= 1;
    this.#admit();
  }

  #admit(): void {
    while (this.#inFlight < this.#options.maxInFlight) {
      const onTime = this.#onTime[this.#onTimeHead];
      if (onTime !== undefined) {
        this.#onTimeHead = dequeue(this.#onTime, this.#onTimeHead);
        this.#inFlight += 1;
        onTime();
        continue;
      }
      const catchUp = this.#catchUp[this.#catchUpHead];
      if (catchUp === undefined || this.#catchUpInFlight >= this.#options.maxCatchUp) return;
      this.#catchUpHead = dequeue(this.#catchUp, this.#catchUpHead);
      this.#inFlight += 1;
      this.#catchUpInFlight += 1;
      catchUp();
    }
  }
}

/** Moves the head past the first job; the array is cut only now and then, so that a step is O(1) on average. */
function dequeue(queue: Job[], head: number): number {
  const next = head + 1;
  if (next < queue.length && next < COMPACT_FROM) return next;
  queue.splice(0, next);
  return 0;
}
