// The values of the changed columns of one block, as `src/codec/column-decoder.ts` reads them. In passes, so that no value
// waits for the one before.

import { encodeOther, startBlock } from './other-values';
import { CHANGED, COLUMNS, CONTROLS, DIFFERENCES, NEW_VALUES, VALUES } from './memory';
import { ABSENT, INTEGER_BOUND, MODE_SHIFT, STEP_BOUND, powerOf } from './model';
import { encodeStep } from './steps';

/** In the place of a difference: the value needs a look. */
const OTHER: i32 = i32.MIN_VALUE;
/** Added to a small integer, it has that integer in the low bits of its own. */
const INTEGER_SHIFTER: f64 = 6755399441055744;

/** Writes the values of the columns in CHANGED, in order, and brings the state up to date. */
export function encodeValues(first: i32, isPartial: bool): void {
  const count = listColumns(first);
  takeDifferences(count);
  startBlock();
  let left = -2;
  let leftStep = 0;
  let leftMode = ABSENT;
  for (let at = 0; at < count; at += 4) {
    const column = load<i32>(at, COLUMNS);
    const mode = modeOf(column);
    const step = load<i32>(at, DIFFERENCES);
    const isBeside = left == column - 1;
    left = column;
    if (step == OTHER) {
      leftStep = encodeOther(column, mode, isPartial, isBeside, leftMode, leftStep);
      leftMode = modeOf(column);
      continue;
    }
    store<u64>(column << 3, load<u64>(column << 3, NEW_VALUES), VALUES);
    encodeStep(column, step, leftStep & -(<i32>isBeside & <i32>(leftMode == mode)));
    leftStep = step;
    leftMode = mode;
  }
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

/** The differences of columns that keep their mode, where they are small integers. */
function takeDifferences(count: i32): void {
  for (let at = 0; at < count; at += 4) {
    const column = load<i32>(at, COLUMNS);
    const power = powerOf(modeOf(column));
    const value = load<f64>(column << 3, NEW_VALUES);
    const integer = nearest(value * power);
    const exact = integer - nearest(load<f64>(column << 3, VALUES) * power);
    const isExact = <i32>(integer / power == value) & <i32>(integer != 0);
    const isSmall = <i32>(abs(integer) < INTEGER_BOUND) & <i32>(abs(exact) < STEP_BOUND);
    const step = <i32>reinterpret<i64>(exact + INTEGER_SHIFTER);
    store<i32>(at, select(step, OTHER, isExact & isSmall), DIFFERENCES);
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function modeOf(column: i32): u32 {
  return load<u32>(column << 2, CONTROLS) >> MODE_SHIFT;
}
