import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time that other work waits for a slice. */
const SLICE_MS = 5;

/** Bounds on a piece of work. */
export interface SliceBounds {
  /** Most time of its own that the work may take. */
  readonly budgetMs: number;
  /** The error for work that takes longer. */
  readonly tooLong: () => Error;
}

/** For work whose extent is bounded by other means, such as the size of a body. */
export const UNBOUNDED: SliceBounds = { budgetMs: Infinity, tooLong: () => new RangeError('unbounded') };

/**
 * Runs a generator to its end, a slice at a time: others get their turn between two slices. Work that is done within the
 * first slice is done at once.
 *
 * @returns what the generator returns. Throws, or rejects, with what it throws, or with `tooLong`.
 */
export function runInSlices<T>(work: Iterator<undefined, T>, bounds: SliceBounds): T | Promise<T> {
  const firstMs = performance.now();
  const done = runSlice(work);
  return done === undefined ? runOn(work, bounds, performance.now() - firstMs) : done.value;
}

async function runOn<T>(work: Iterator<undefined, T>, bounds: SliceBounds, takenMs: number): Promise<T> {
  for (let spentMs = takenMs; ;) {
    if (spentMs > bounds.budgetMs) throw bounds.tooLong();
    await nextTurn();
    const beganMs = performance.now();
    const done = runSlice(work);
    if (done !== undefined) return done.value;
    spentMs += performance.now() - beganMs;
  }
}

/** `undefined` when there is more to do. */
function runSlice<T>(work: Iterator<undefined, T>): { value: T } | undefined {
  const untilMs = performance.now() + SLICE_MS;
  while (performance.now() < untilMs) {
    const step = work.next();
    if (step.done === true) return { value: step.value };
  }
  return undefined;
}
