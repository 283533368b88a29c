/** Series that share one length-prefixed run of bits; a reader may skip a whole block. */
export const BLOCK_SERIES = 128;

/** A mode up to this is a power of ten: the value is `n / 10^mode` for an integer `n`. */
export const MOST_DECIMALS = 9;
/** The value's 64 bits, as a difference from the bits before. */
export const BINARY = 14;
/** The series is not in this scrape. */
export const ABSENT = 15;
export const MODE_BITS = 4;

export const POWERS_OF_TEN = Float64Array.from({ length: MOST_DECIMALS + 1 }, (_, exponent) => 10 ** exponent);

/** |n| stays below this, so that every difference is exact in a double. */
export const INTEGER_BOUND = 2 ** 51;
/** Differences from here up are written as they are and predict nothing; all others stay small integers in engines. */
export const STEP_BOUND = 2 ** 29;

/** Columns whose change flags make one group: a byte of the block's 128. */
export const GROUP_COLUMNS = 8;
/** A group in which nothing changed for one to two times as many frames gets no flag of its own. */
export const AGING_FRAMES = 8;
/** How the groups without flags tell what changed in them. */
export const WAKING = { none: 0, some: 1, all: 2 } as const;
export const WAKING_BITS = 2;

/** More zero bits than this before the 1 mean an escape. */
export const MOST_QUOTIENT = 7;
/** What follows an escape. */
export const ESCAPE = { positive: 0, negative: 1, switch: 2, large: 3 } as const;
export const ESCAPE_BITS = 2;
export const LENGTH_BITS = 6;
/** In place of a binary column's window: the column changes its mode. No window has a shift of 63 and 64 bits. */
export const WINDOW_SWITCH = 0xfff;
export const WINDOW_BITS = 12;

/**
 * What a column's control word holds, from the lowest bit: three running costs of 8 bits, in quarter bits, by
 * predictor: zero, the step of the column to the left, the column's own last step (a binary column keeps its window's shift and width there); three sign bits by predictor; the mode.
 */
export const COST_BITS = 8;
export const COST_MASK = 0xff;
export const SIGN_SHIFT = 24;
export const MODE_SHIFT = 27;

/** Costs that a decimal column starts with: 3.5, 3 and 4 bits. */
export const FIRST_COSTS = 14 | (12 << COST_BITS) | (16 << (2 * COST_BITS));
/** Costs for the first values of a block's columns: 11 and 10 bits. */
export const FRESH_LEVEL = 44;
export const FRESH_NEIGHBOUR = 40;

/** Both words of an absent column; only a column that holds them needs a look at its mode. */
export const ABSENT_WORD = 0x7ff4_a85e;

/** Moves a running cost a quarter of the way to `bits`. */
export function blendCost(cost: number, bits: number): number {
  return (cost * 3 + bits * 4 + 2) >> 2;
}

/** Low bits that are written as they are: about half of the magnitudes lie below 2^remainderBits. At most 22. */
export function remainderBits(cost: number): number {
  if (cost < 4) return 0;
  return cost > 92 ? 22 : (cost - 3) >> 2;
}

/** Bits of the magnitude of an integer between −2^31 and 2^31: 0 for 0. */
export function bitLength(value: number): number {
  return 32 - Math.clz32(value < 0 ? -value : value);
}

/** The control word of a column that has just come into a mode. */
export function firstControl(mode: number): number {
  return (mode << MODE_SHIFT) | (mode >= BINARY ? 0 : FIRST_COSTS);
}
