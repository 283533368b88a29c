// The less frequent ways: arbitrary doubles, changes of mode, large differences.

import { put, putLong } from './bits';
import {
  COLUMNS,
  CONTROLS,
  DIFFERENCES,
  MODES,
  NEIGHBOURS,
  NEW_VALUES,
  OLD_CONTROLS,
  STEPS,
  VALUES,
  WAYS,
} from './memory';
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
  LENGTH_BITS,
  MODE_BITS,
  MODE_SHIFT,
  MOST_DECIMALS,
  MOST_QUOTIENT,
  WINDOW_BITS,
  WINDOW_SWITCH,
  bitLength,
  blendCost,
  firstControl,
  remainderBits,
} from './model';
import { putRice } from './rice';
import { ABSENT_WAY, BINARY_WAY, FIRST_WAY, LARGE_WAY, exactDifference } from './ways';

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

/** Writes the value of the column at an offset of the lists. */
export function encodeOther(at: i32): void {
  const column = load<i32>(at, COLUMNS);
  const way = load<i32>(at, WAYS);
  const mode = load<u32>(at, OLD_CONTROLS) >> MODE_SHIFT;
  const nextMode = load<u32>(at, MODES);
  const exact = way == LARGE_WAY ? exactDifference(column, mode, nextMode) : 0;
  if (nextMode != mode) {
    putSwitch(mode, nextMode);
    freshMode = nextMode;
    enterMode(column, nextMode);
  }
  if (way == ABSENT_WAY) return;
  if (way == BINARY_WAY) encodeBinary(column);
  else if (way == FIRST_WAY) encodeFirst(load<i32>(at, DIFFERENCES), load<i32>(at, NEIGHBOURS));
  else {
    putLarge(exact);
    store<i32>(column << 2, 0, STEPS);
  }
  store<u64>(column << 3, load<u64>(column << 3, NEW_VALUES), VALUES);
}

function putLarge(step: f64): void {
  const magnitude = <u64>abs(step);
  const length = 64 - clz(magnitude);
  put(ESCAPE_LARGE << (MOST_QUOTIENT + 1), ESCAPE_HEAD_BITS);
  put((<u64>(step < 0)) | (length << 1), 1 + LENGTH_BITS);
  putLong(magnitude, length);
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
function encodeFirst(integer: i32, neighbourStep: i32): void {
  const difference = integer - neighbourStep;
  const isNeighbour = freshNeighbourCost < freshLevelCost;
  const residual = isNeighbour ? difference : integer;
  const cost = isNeighbour ? freshNeighbourCost : freshLevelCost;
  putRice(residual, (residual << 1) ^ (residual >> 31), remainderBits(cost + 4));
  freshLevelCost = blendCost(freshLevelCost, bitLength(integer));
  freshNeighbourCost = blendCost(freshNeighbourCost, bitLength(difference));
}

/** The difference of the bits, as an integer of 64 of them: its sign, and the bits of its magnitude within a window. */
function encodeBinary(column: i32): void {
  const now = load<u64>(column << 3, NEW_VALUES);
  const difference = <i64>(now - load<u64>(column << 3, VALUES));
  const isNegative = difference < 0;
  const magnitude = <u64>(isNegative ? -difference : difference);
  const zeros: u32 = magnitude == 0 ? 0 : <u32>ctz(magnitude);
  const length: u32 = 64 - <u32>clz(magnitude);
  const control = load<u32>(column << 2, CONTROLS);
  let shift = control & COST_MASK;
  let width = (control >> COST_BITS) & COST_MASK;
  if (zeros >= shift && length <= shift + width && length + WASTE_BITS > shift + width) {
    put((<u64>isNegative) << 1, 2);
  } else {
    shift = zeros;
    width = max<u32>(1, length - zeros);
    store<u32>(column << 2, (BINARY << MODE_SHIFT) | shift | (width << COST_BITS), CONTROLS);
    put(1 | (shift << 1) | ((width - 1) << (1 + LENGTH_BITS)), 1 + WINDOW_BITS);
    put(<u64>isNegative, 1);
  }
  putLong(magnitude >> shift, width);
}
