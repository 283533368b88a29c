import type { CandidateTarget } from './candidate-targets.ts';

/** The first batch, before it is known how many slots a target has. */
const FIRST_SIZE = 16;
const MOST_TARGETS = 256;
/** Slots that a batch may come to, by what the targets before it had: some megabytes while they are held. */
const MOST_SLOTS = 20_000;

/**
 * Puts candidates together that are read in one go, in their order: of a target with wanted samples all frames are read, so it is a
 * batch of its own; where only the series are wanted that a scrape yields by itself, many targets are.
 */
export class CandidateBatches {
  readonly #candidates: readonly CandidateTarget[];
  #next = 0;
  #size = FIRST_SIZE;

  constructor(candidates: readonly CandidateTarget[]) {
    this.#candidates = candidates;
  }

  /** The next batch; an empty one at the end. */
  next(): readonly CandidateTarget[] {
    const from = this.#next;
    let to = from;
    while (to < this.#candidates.length && to - from < this.#size && this.#candidates[to]?.schemaIds.length === 0) to++;
    this.#next = Math.min(Math.max(to, from + 1), this.#candidates.length);
    return this.#candidates.slice(from, this.#next);
  }

  /** Tells how many slots a target had, so that the batches that follow are of a fitting size. */
  notice(slotCount: number): void {
    const fitting = Math.floor(MOST_SLOTS / Math.max(1, slotCount));
    this.#size = Math.max(1, Math.min(MOST_TARGETS, fitting));
  }
}
