// The numbers of the format. Readers have the same in `src/codec/series-model.ts`, where it says what each means.

export const MOST_DECIMALS: u32 = 9;
export const BINARY: u32 = 14;
export const ABSENT: u32 = 15;
export const MODE_BITS: u32 = 4;

export const INTEGER_BOUND: f64 = 2251799813685248;
export const STEP_BOUND: f64 = 536870912;

export const GROUP_COLUMNS: i32 = 8;
export const WAKING_NONE: u32 = 0;
export const WAKING_SOME: u32 = 1;
export const WAKING_ALL: u32 = 2;
export const WAKING_BITS: u32 = 2;

export const MOST_QUOTIENT: u32 = 7;
export const ESCAPE_POSITIVE: u32 = 0;
export const ESCAPE_NEGATIVE: u32 = 1;
export const ESCAPE_SWITCH: u32 = 2;
export const ESCAPE_LARGE: u32 = 3;
export const ESCAPE_BITS: u32 = 2;
/** The zeros that tell an escape, and its kind. */
export const ESCAPE_HEAD_BITS: u32 = MOST_QUOTIENT + 1 + ESCAPE_BITS;
export const LENGTH_BITS: u32 = 6;
export const WINDOW_SWITCH: u32 = 0xfff;
export const WINDOW_BITS: u32 = 12;

export const COST_BITS: u32 = 8;
export const COST_MASK: u32 = 0xff;
export const COSTS_MASK: u32 = 0xffffff;
export const SIGN_SHIFT: u32 = 24;
export const MODE_SHIFT: u32 = 27;

export const FRESH_LEVEL: u32 = 44;
export const FRESH_NEIGHBOUR: u32 = 40;

export const ABSENT_VALUE: u64 = 0x7ff4a85e7ff4a85e;

/** For a mode that is no power of ten NaN, whose products are no integers either. */
const POWERS = memory.data<f64>([1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, NaN, NaN, NaN, NaN, NaN, NaN]);

// @ts-ignore: decorators are AssemblyScript's
@inline
export function placeOfPower(mode: u32): i32 {
  return <i32>POWERS + <i32>(mode << 3);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function powerOf(mode: u32): f64 {
  return load<f64>(placeOfPower(mode));
}

/** Costs that a decimal column starts with. */
const FIRST_COSTS: u32 = 14 | (12 << COST_BITS) | (16 << (2 * COST_BITS));

/** The control word of a column that has just come into a mode. */
export function firstControl(mode: u32): u32 {
  return (mode << MODE_SHIFT) | (mode >= BINARY ? 0 : FIRST_COSTS);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function blendCost(cost: u32, bits: u32): u32 {
  return (cost * 3 + bits * 4 + 2) >> 2;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function remainderBits(cost: u32): u32 {
  return min((max(cost, 3) - 3) >> 2, 22);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
export function bitLength(value: i32): u32 {
  return 32 - clz(abs(value));
}
