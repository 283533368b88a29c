// The less frequent cases: zeros, arbitrary doubles, changes of mode, large differences.

import { put, putLong } from './bits';
import { CONTROLS, NEW_VALUES, PRESENT, STEPS, VALUES } from './memory';
import {
  ABSENT,
  ABSENT_VALUE,
  BINARY,
  COST_BITS,
  COST_MASK,
  ESCAPE_HEAD_BITS,
  ESCAPE_LARGE,
  ESCAPE_SWITCH,
  FRESH_LEVEL,
  FRESH_NEIGHBOUR,
  INTEGER_BOUND,
  LENGTH_BITS,
  MODE_BITS,
  MODE_SHIFT,
  MOST_DECIMALS,
  MOST_QUOTIENT,
  STEP_BOUND,
  WINDOW_BITS,
  WINDOW_SWITCH,
  bitLength,
  blendCost,
  firstControl,
  powerOf,
} from './model';
import { encodeStep, putRice } from './steps';

/** A window of a binary column that wastes more bits than this on a value is replaced. */
const WASTE_BITS: u32 = 8;

// Running costs for the first values of the block's columns, which have no costs of their own yet.
let freshLevelCost: u32 = 0;
let freshNeighbourCost: u32 = 0;
/** The mode that was told last in this block. */
let freshMode: u32 = 0;

export function startBlock(): void {
  freshLevelCost = FRESH_LEVEL;
  freshNeighbourCost = FRESH_NEIGHBOUR;
  freshMode = 0;
}

/**
 * @param isPartial not all columns have a value
 * @param hasNeighbour the column to the left changed, to `neighbourMode` and by `neighbourStep`
 * @returns what the column to the right may predict from
 */
export function encodeOther(
  column: i32,
  mode: u32,
  isPartial: bool,
  hasNeighbour: bool,
  neighbourMode: u32,
  neighbourStep: i32,
): i32 {
  const at = VALUES + (column << 3);
  const now = NEW_VALUES + (column << 3);
  const isPresent = !isPartial || load<u8>(column, PRESENT) != 0;
  const nextMode = isPresent ? chooseMode(column, mode) : ABSENT;
  const isFresh = nextMode != mode;
  if (isFresh) {
    putSwitch(mode, nextMode);
    freshMode = nextMode;
    enterMode(column, nextMode);
  }
  if (nextMode == BINARY) encodeBinary(column);
  if (nextMode > MOST_DECIMALS) return 0;
  const power = powerOf(nextMode);
  const before = isFresh ? 0 : nearest(load<f64>(at) * power);
  const exact = nearest(load<f64>(now) * power) - before;
  store<u64>(at, load<u64>(now));
  if (abs(exact) >= STEP_BOUND) {
    putLarge(exact);
    store<i32>(column << 2, 0, STEPS);
    return 0;
  }
  const step = <i32>exact;
  const prediction = hasNeighbour && neighbourMode == nextMode ? neighbourStep : 0;
  if (isFresh) encodeFresh(step, prediction);
  else encodeStep(column, step, prediction);
  return step;
}

/** A difference that is no small integer. */
export function putLarge(step: f64): void {
  const magnitude = <u64>abs(step);
  const length = 64 - clz(magnitude);
  put(ESCAPE_LARGE << (MOST_QUOTIENT + 1), ESCAPE_HEAD_BITS);
  put(<u64>(step < 0) | (length << 1), 1 + LENGTH_BITS);
  putLong(magnitude, length);
}

/**
 * The mode that can hold a column's new value: the one before while it can, otherwise the next with more decimals, otherwise
 * binary. Only the writer decides; a reader takes any mode at any time.
 */
function chooseMode(column: i32, mode: u32): u32 {
  // A column of arbitrary doubles stays binary: going to and fro would cost more. After a NaN there is no such memory.
  if (mode == BINARY && isFiniteNumber(load<u64>(column << 3, VALUES))) return BINARY;
  const first = mode <= MOST_DECIMALS ? mode : 0;
  const now = NEW_VALUES + (column << 3);
  const value = load<f64>(now);
  if (value == 0) return load<u64>(now) == 0 ? first : BINARY;
  for (let decimals = first; decimals <= MOST_DECIMALS; decimals++) {
    const power = powerOf(decimals);
    const integer = nearest(value * power);
    if (integer != 0 && abs(integer) < INTEGER_BOUND && integer / power == value) return decimals;
  }
  return BINARY;
}

function isFiniteNumber(bits: u64): bool {
  return (bits & 0x7ff0000000000000) != 0x7ff0000000000000;
}

/** A column's mode changes: nothing of what was learnt holds, and the bits are those of +0. */
function enterMode(column: i32, mode: u32): void {
  store<u64>(column << 3, mode == ABSENT ? ABSENT_VALUE : 0, VALUES);
  store<i32>(column << 2, 0, STEPS);
  store<u32>(column << 2, firstControl(mode), CONTROLS);
}

/** Tells a new mode. A column that was absent can only come with a new one, so no escape precedes it. */
function putSwitch(mode: u32, nextMode: u32): void {
  if (mode == BINARY) put(1 | (WINDOW_SWITCH << 1), 1 + WINDOW_BITS);
  else if (mode <= MOST_DECIMALS) put(ESCAPE_SWITCH << (MOST_QUOTIENT + 1), ESCAPE_HEAD_BITS);
  if (nextMode == freshMode) put(1, 1);
  else put(nextMode << 1, MODE_BITS + 1);
}

/** The first value of a column: signed, from zero or from its neighbour's first value, whichever did better so far. */
function encodeFresh(integer: i32, neighbourStep: i32): void {
  const difference = integer - neighbourStep;
  const isNeighbour = freshNeighbourCost < freshLevelCost;
  putRice(isNeighbour ? difference : integer, isNeighbour ? freshNeighbourCost : freshLevelCost, true);
  freshLevelCost = blendCost(freshLevelCost, bitLength(integer));
  freshNeighbourCost = blendCost(freshNeighbourCost, bitLength(difference));
}

/** The difference of the bits, as an integer of 64 of them: its sign, and the bits of its magnitude within a window. */
function encodeBinary(column: i32): void {
  const now = load<u64>(column << 3, NEW_VALUES);
  const difference = <i64>(now - load<u64>(column << 3, VALUES));
  store<u64>(column << 3, now, VALUES);
  const isNegative = difference < 0;
  const magnitude = <u64>(isNegative ? -difference : difference);
  const zeros: u32 = magnitude == 0 ? 0 : <u32>ctz(magnitude);
  const length: u32 = 64 - <u32>clz(magnitude);
  const control = load<u32>(column << 2, CONTROLS);
  let shift = control & COST_MASK;
  let width = (control >> COST_BITS) & COST_MASK;
  if (zeros >= shift && length <= shift + width && length + WASTE_BITS > shift + width) {
    put(<u64>isNegative << 1, 2);
  } else {
    shift = zeros;
    width = max<u32>(1, length - zeros);
    store<u32>(column << 2, (BINARY << MODE_SHIFT) | shift | (width << COST_BITS), CONTROLS);
    put(1 | (shift << 1) | ((width - 1) << (1 + LENGTH_BITS)), 1 + WINDOW_BITS);
    put(<u64>isNegative, 1);
  }
  putLong(magnitude >> shift, width);
}
