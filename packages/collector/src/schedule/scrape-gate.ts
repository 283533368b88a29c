/** Jobs that may be done with before an array of waiting ones is cut. */
const COMPACT_FROM = 1024;

/** What waits at the gate. */
type Job = () => void;

/**
 * What kind of job it is: of a slot that is on time; of one that is on time too, but of a target whose last slot ended because it
 * was slow or its name was not found in time; of one that is to be made good.
 */
export type JobClass = 'onTime' | 'slow' | 'catchUp';

/** In the order in which they are admitted. */
const CLASSES: readonly JobClass[] = ['onTime', 'slow', 'catchUp'];

/** Settings of {@link ScrapeGate}. */
export interface ScrapeGateOptions {
  /** Most scrapes in flight at once. */
  readonly maxInFlight: number;
  /** Most of them that make good a slot (take-overs, look-ups), so that these never crowd out slots that are on time. */
  readonly maxCatchUp: number;
  /**
   * Most of them of targets that were slow: each may hold its place for the whole of its timeout, so that many of them would keep
   * all others waiting.
   * @defaultValue a quarter of `maxInFlight`
   */
  readonly maxSlow?: number | undefined;
}

/**
 * Bounds the scrapes in flight. Those on time go first, in order; those of slow targets, and those that make good a slot, each
 * share a smaller bound. Each admitted job must call `leave` exactly once, with the class that it came with.
 */
export class ScrapeGate {
  readonly #maxInFlight: number;
  readonly #lanes: Readonly<Record<JobClass, Lane>>;
  #inFlight = 0;

  constructor({ maxInFlight, maxCatchUp, maxSlow = Math.max(Math.floor(maxInFlight / 4), 1) }: ScrapeGateOptions) {
    this.#maxInFlight = maxInFlight;
    this.#lanes = { onTime: new Lane(maxInFlight), slow: new Lane(maxSlow), catchUp: new Lane(maxCatchUp) };
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Jobs that wait. */
  get waiting(): number {
    return CLASSES.reduce((sum, name) => sum + this.#lanes[name].waiting, 0);
  }

  /** Runs the job as soon as there is room: at once, synchronously, when there is. */
  enter(job: Job, jobClass: JobClass): void {
    this.#lanes[jobClass].push(job);
    this.#admit();
  }

  leave(jobClass: JobClass): void {
    this.#inFlight -= 1;
    this.#lanes[jobClass].inFlight -= 1;
    this.#admit();
  }

  #admit(): void {
    while (this.#inFlight < this.#maxInFlight) {
      const { onTime, slow, catchUp } = this.#lanes;
      const job = onTime.take() ?? slow.take() ?? catchUp.take();
      if (job === undefined) return;
      this.#inFlight += 1;
      job();
    }
  }
}

/** The jobs of one class. */
class Lane {
  readonly #maxInFlight: number;
  readonly #jobs: Job[] = [];
  #head = 0;
  inFlight = 0;

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  get waiting(): number {
    return this.#jobs.length - this.#head;
  }

  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** The first job, which counts as in flight from now on; undefined when there is none, or no room for it. */
  take(): Job | undefined {
    const job = this.#jobs[this.#head];
    if (job === undefined || this.inFlight >= this.#maxInFlight) return undefined;
    this.#head = dequeue(this.#jobs, this.#head);
    this.inFlight += 1;
    return job;
  }
}

/** Moves the head past the first job; the array is cut only now and then, so that a step is O(1) on average. */
function dequeue(queue: Job[], head: number): number {
  const next = head + 1;
  if (next < queue.length && next < COMPACT_FROM) return next;
  queue.splice(0, next);
  return 0;
}
