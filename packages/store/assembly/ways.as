// Decides how the value of each changed column is written, before any is: so none waits for the one before.

import {
  CHANGED,
  COLUMNS,
  CONTROLS,
  DIFFERENCES,
  MODES,
  NEW_VALUES,
  OLD_CONTROLS,
  OLD_STEPS,
  OTHERS,
  PRESENT,
  STEPS,
  VALUES,
  WAYS,
} from './memory';
import { ABSENT, BINARY, INTEGER_BOUND, MODE_SHIFT, MOST_DECIMALS, STEP_BOUND, placeOfPower, powerOf } from './model';

/** A difference that is a small integer, in a column that keeps its mode: nearly all are. */
export const STEP_WAY: i32 = 0;
/** The first value of a column in its mode. */
export const FIRST_WAY: i32 = 1;
/** A difference that is no small integer. */
export const LARGE_WAY: i32 = 2;
/** The difference of the 64 bits. */
export const BINARY_WAY: i32 = 3;
/** The column has no value any more. */
export const ABSENT_WAY: i32 = 4;

/** Added to a small integer, it has that integer in the low bits of its own. */
const INTEGER_SHIFTER: f64 = 6755399441055744;

/** Fills the lists. @returns bytes of each */
export function chooseWays(first: i32, isPartial: bool): i32 {
  const count = listColumns(first);
  const others = takeDifferences(count);
  for (let other = 0; other < others; other += 4) chooseWay(load<i32>(other, OTHERS), isPartial);
  return count;
}

/** Lists the columns in CHANGED. @returns bytes of the list */
function listColumns(first: i32): i32 {
  let count = 0;
  for (let half = 0; half < 2; half++) {
    for (let flags = load<u64>(CHANGED + (half << 3)); flags != 0; flags &= flags - 1) {
      store<i32>(count, first + (half << 6) + <i32>ctz(flags), COLUMNS);
      count += 4;
    }
  }
  return count;
}

/**
 * Takes the differences of columns that keep their mode, where they are small integers, two columns at a time.
 * @returns bytes of the list of others
 */
function takeDifferences(count: i32): i32 {
  let others = 0;
  for (let at = 0; at < count; at += 8) {
    // Behind the last of an odd number of columns is one of a block before, or 0: it does no harm.
    const one = load<i32>(at, COLUMNS);
    const two = load<i32>(at, COLUMNS + 4);
    const oneControl = load<u32>(one << 2, CONTROLS);
    const twoControl = load<u32>(two << 2, CONTROLS);
    const oneMode = oneControl >> MODE_SHIFT;
    const twoMode = twoControl >> MODE_SHIFT;
    const power = pair(placeOfPower(oneMode), placeOfPower(twoMode));
    const value = pair((one << 3) + NEW_VALUES, (two << 3) + NEW_VALUES);
    const before = pair((one << 3) + VALUES, (two << 3) + VALUES);
    const integer = f64x2.nearest(f64x2.mul(value, power));
    const exact = f64x2.sub(integer, f64x2.nearest(f64x2.mul(before, power)));
    const isExact = v128.and(f64x2.eq(f64x2.div(integer, power), value), f64x2.ne(integer, f64x2.splat(0)));
    const isSmall = v128.and(
      f64x2.lt(f64x2.abs(integer), f64x2.splat(INTEGER_BOUND)),
      f64x2.lt(f64x2.abs(exact), f64x2.splat(STEP_BOUND)),
    );
    const steps = f64x2.add(exact, f64x2.splat(INTEGER_SHIFTER));
    v128.store_lane<u64>(at, v128.shuffle<i32>(steps, steps, 0, 2, 0, 2), 0, DIFFERENCES);
    store<u32>(at, oneMode, MODES);
    store<u32>(at, twoMode, MODES + 4);
    store<u32>(at, oneControl, OLD_CONTROLS);
    store<u32>(at, twoControl, OLD_CONTROLS + 4);
    store<i32>(at, load<i32>(one << 2, STEPS), OLD_STEPS);
    store<i32>(at, load<i32>(two << 2, STEPS), OLD_STEPS + 4);
    store<i32>(at, STEP_WAY, WAYS);
    store<i32>(at, STEP_WAY, WAYS + 4);
    // Without a branch, which would mispredict.
    const isOther = i64x2.bitmask(v128.and(isExact, isSmall)) ^ 3;
    store<i32>(others, at, OTHERS);
    others += (isOther & 1) << 2;
    store<i32>(others, at + 4, OTHERS);
    others += (isOther & 2) << 1;
  }
  return others > 0 && load<i32>(others, OTHERS - 4) == count ? others - 4 : others;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function pair(one: i32, two: i32): v128 {
  return v128.load_lane<u64>(two, v128.load_zero<u64>(one), 1);
}

/** As above, for a column in which anything may have happened. */
function chooseWay(at: i32, isPartial: bool): void {
  const column = load<i32>(at, COLUMNS);
  const mode = load<u32>(at, MODES);
  const isPresent = !isPartial || load<u8>(column, PRESENT) != 0;
  const nextMode = isPresent ? chooseMode(column, mode) : ABSENT;
  let way = nextMode == BINARY ? BINARY_WAY : ABSENT_WAY;
  let step = 0;
  if (nextMode <= MOST_DECIMALS) {
    const exact = exactDifference(column, mode, nextMode);
    const isSmall = abs(exact) < STEP_BOUND;
    step = isSmall ? <i32>exact : 0;
    way = !isSmall ? LARGE_WAY : nextMode == mode ? STEP_WAY : FIRST_WAY;
  }
  store<i32>(at, nextMode, MODES);
  store<i32>(at, way, WAYS);
  store<i32>(at, step, DIFFERENCES);
}

/** From the integer before, or from zero in a column that changes its mode. */
export function exactDifference(column: i32, mode: u32, nextMode: u32): f64 {
  const power = powerOf(nextMode);
  const before = nextMode == mode ? nearest(load<f64>(column << 3, VALUES) * power) : 0;
  return nearest(load<f64>(column << 3, NEW_VALUES) * power) - before;
}

/**
 * The mode that can hold a column's new value: the one before while it can, otherwise the next with more decimals,
 * otherwise binary. Only the writer decides; a reader takes any mode at any time.
 */
function chooseMode(column: i32, mode: u32): u32 {
  // A column of arbitrary doubles stays binary: going to and fro would cost more. After a NaN there is no such memory.
  if (mode == BINARY && isFiniteNumber(load<u64>(column << 3, VALUES))) return BINARY;
  const first = mode <= MOST_DECIMALS ? mode : 0;
  const value = load<f64>(column << 3, NEW_VALUES);
  if (value == 0) return load<u64>(column << 3, NEW_VALUES) == 0 ? first : BINARY;
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
