import { parseNumber } from './parse-number.ts';
import type { Scanner } from './scanner.ts';

/** What has been seen of one histogram. */
interface HistogramState {
  readonly group: string;
  lastBound: number | undefined;
  lastBucket: number;
  count: number | undefined;
  hasNegativeBound: boolean;
  hasSum: boolean;
  hasGaugeSum: boolean;
  hasGaugeCount: boolean;
  isGaugeSumNegative: boolean;
}

/** Checks that the histograms of one family are complete: buckets in order up to `+Inf`, sum and count that fit them. */
export class HistogramChecker {
  readonly familyName: string;
  #state: HistogramState | undefined;

  constructor(familyName: string) {
    this.familyName = familyName;
  }

  /**
   * Takes in one sample.
   * @param group what tells this histogram from others: labels without `le`, and timestamp
   */
  check(scanner: Scanner, group: string, suffix: string, le: string | undefined, value: number): void {
    const state = this.#stateOf(scanner, group);
    switch (suffix) {
      case '_bucket': {
        const bound = parseNumber(le ?? '') ?? NaN;
        const isInOrder = state.lastBound === undefined || bound > state.lastBound;
        if (!isInOrder || value < state.lastBucket) scanner.fail('strict_histogram', scanner.entryStart);
        if (bound < 0) state.hasNegativeBound = true;
        state.lastBound = bound;
        state.lastBucket = value;
        break;
      }
      case '_gcount':
        state.hasGaugeCount = true;
        state.count = value;
        break;
      case '_count':
        state.count = value;
        break;
      case '_sum':
        state.hasSum = true;
        break;
      case '_gsum':
        state.hasGaugeSum = true;
        state.isGaugeSumNegative = value < 0;
        break;
      default:
        break;
    }
  }

  #stateOf(scanner: Scanner, group: string): HistogramState {
    if (this.#state?.group === group) return this.#state;
    this.finish(scanner);
    return (this.#state = newState(group));
  }

  /** Judges the histogram read last. */
  finish(scanner: Scanner): void {
    const state = this.#state;
    this.#state = undefined;
    if (state !== undefined && !isComplete(state)) scanner.fail('strict_histogram', scanner.entryStart);
  }
}

function newState(group: string): HistogramState {
  return {
    group,
    lastBound: undefined,
    lastBucket: -Infinity,
    count: undefined,
    hasNegativeBound: false,
    hasSum: false,
    hasGaugeSum: false,
    hasGaugeCount: false,
    isGaugeSumNegative: false,
  };
}

function isComplete(state: HistogramState): boolean {
  const hasCount = state.count !== undefined && !state.hasGaugeCount;
  return (
    state.lastBound === Infinity &&
    (state.count === undefined || state.count === state.lastBucket) &&
    state.hasSum === hasCount &&
    state.hasGaugeSum === state.hasGaugeCount &&
    // A sum over observations of either sign is no counter; one over positive ones cannot be negative.
    !(state.hasNegativeBound && state.hasSum) &&
    !(state.isGaugeSumNegative && !state.hasNegativeBound)
  );
}
