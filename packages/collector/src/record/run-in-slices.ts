/** Time of one turn of the event loop that all sliced work of the process has together. */
const TURN_MS = 5;

/** Bounds on a piece of work. */
export interface SliceBounds {
  /** Most time of its own that the work may take. */
  readonly budgetMs: number;
  /** The error for work that takes longer. */
  readonly tooLong: () => Error;
}

/** For work whose extent is bounded by other means, such as the size of a body. */
export const UNBOUNDED: SliceBounds = { budgetMs: Infinity, tooLong: () => new RangeError('unbounded') };

/** Work that has not come to its end. */
interface Job {
  /** Does one step. @returns whether it was the last. */
  readonly step: () => boolean;
}

/** All that wait for a step, the next one first. */
let waiting: Job[] = [];
/** What the sliced work of this turn has taken, once it is counted. */
let turnSpentMs = 0;
let isTurnEndAwaited = false;

/**
 * Runs a generator to its end, step by step. All such work of the process shares a few milliseconds of each turn of the event
 * loop, one step each in turn, so that neither a large piece nor many pieces at a time hold other things up. Work that is
 * done within its first step, or before the time of the turn is up, is done at once.
 *
 * @returns what the generator returns. Throws, or rejects, with what it throws, or with `tooLong`.
 */
export function runInSlices<T>(work: Iterator<undefined, T>, bounds: SliceBounds): T | Promise<T> {
  // Work of a single step, the usual case, does not even cost a look at the clock.
  const first = work.next();
  if (first.done === true) return first.value;
  awaitTurnEnd();
  const beganMs = performance.now();
  const spentBeforeMs = turnSpentMs;
  while (waiting.length === 0 && turnSpentMs < TURN_MS) {
    const next = work.next();
    turnSpentMs = spentBeforeMs + performance.now() - beganMs;
    if (next.done === true) return next.value;
  }
  return runOn(work, bounds, turnSpentMs - spentBeforeMs);
}

function runOn<T>(work: Iterator<undefined, T>, bounds: SliceBounds, takenMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let spentMs = takenMs;
    const step = (): boolean => {
      try {
        if (spentMs > bounds.budgetMs) throw bounds.tooLong();
        const beganMs = performance.now();
        const next = work.next();
        spentMs += performance.now() - beganMs;
        if (next.done !== true) return false;
        resolve(next.value);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error), { cause: error }));
      }
      return true;
    };
    waiting.push({ step });
  });
}

function awaitTurnEnd(): void {
  if (isTurnEndAwaited) return;
  isTurnEndAwaited = true;
  setImmediate(runTurn);
}

/** One step of each job in turn, until the time of this turn is up. */
function runTurn(): void {
  isTurnEndAwaited = false;
  const beganMs = performance.now();
  turnSpentMs = 0;
  while (waiting.length > 0 && turnSpentMs < TURN_MS) {
    // Jobs that come in meanwhile stand behind those that wait already.
    const round = waiting;
    waiting = [];
    for (const [at, job] of round.entries()) {
      if (turnSpentMs >= TURN_MS) {
        waiting = [...round.slice(at), ...waiting];
        break;
      }
      if (!job.step()) waiting.push(job);
      turnSpentMs = performance.now() - beganMs;
    }
  }
  if (waiting.length > 0) awaitTurnEnd();
}
