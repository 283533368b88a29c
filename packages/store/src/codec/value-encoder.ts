import type { BitWriter } from './bit-writer.ts';
import type { IncomingColumns } from './column-encoder.ts';
import type { ColumnState } from './column-state.ts';
import {
  ABSENT,
  BINARY,
  bitLength,
  blendCost,
  COST_BITS,
  COST_MASK,
  ESCAPE,
  ESCAPE_BITS,
  FRESH_LEVEL,
  FRESH_NEIGHBOUR,
  INTEGER_BOUND,
  LENGTH_BITS,
  LEVEL,
  MODE_BITS,
  MODE_SHIFT,
  MOST_DECIMALS,
  MOST_QUOTIENT,
  NEIGHBOUR,
  POWERS_OF_TEN,
  remainderBits,
  SIGN_SHIFT,
  STEP,
  STEP_BOUND,
  WINDOW_BITS,
  WINDOW_SWITCH,
} from './series-model.ts';
import { chooseMode } from './value-mode.ts';

/** A window of a binary column that wastes more bits than this on a value is replaced. */
const WASTE_BITS = 8;

// Encoding is synchronous, so one set of these is enough.
/** Running costs for the first values of the block's columns, which have no costs of their own yet. */
let freshLevelCost = FRESH_LEVEL;
let freshNeighbourCost = FRESH_NEIGHBOUR;
/** The mode that was told last in this block. */
let freshMode = 0;
const scratch = new Float64Array(1);

/**
 * Writes the values of the changed columns of one block, in order, and brings `state` up to date.
 *
 * Doubles are not handed to functions here: V8 would allocate memory for each.
 */
export function encodeValues(
  state: ColumnState,
  incoming: IncomingColumns,
  writer: BitWriter,
  columns: Int32Array,
  count: number,
): void {
  const { words, values, controls, steps } = state;
  const { words: newWords, values: newValues, present } = incoming;
  freshLevelCost = FRESH_LEVEL;
  freshNeighbourCost = FRESH_NEIGHBOUR;
  freshMode = 0;
  let left = -2;
  let leftStep = 0;
  let leftMode: number = ABSENT;
  for (let at = 0; at < count; at++) {
    const column = columns[at] ?? 0;
    const low = column * 2;
    const mode = (controls[column] ?? 0) >>> MODE_SHIFT;
    const isPresent = present?.[column] !== 0;
    if (mode <= MOST_DECIMALS && isPresent) {
      const value = newValues[column] ?? 0;
      const power = POWERS_OF_TEN[mode] ?? 0;
      const integer = Math.round(value * power);
      if (integer !== 0 && integer < INTEGER_BOUND && integer > -INTEGER_BOUND && integer / power === value) {
        const exact = integer - Math.round((values[column] ?? 0) * power);
        words[low] = newWords[low] ?? 0;
        words[low + 1] = newWords[low + 1] ?? 0;
        let step = exact | 0;
        if (step === exact && step < STEP_BOUND && step > -STEP_BOUND) {
          encodeStep(state, writer, column, step, left === column - 1 && leftMode === mode ? leftStep : 0);
        } else {
          scratch[0] = exact;
          putLarge(writer);
          steps[column] = 0;
          step = 0;
        }
        left = column;
        leftStep = step;
        leftMode = mode;
        continue;
      }
    }
    const nextMode = isPresent ? chooseMode(mode, newValues, newWords, words, column) : ABSENT;
    const neighbourStep = left === column - 1 && leftMode === nextMode ? leftStep : 0;
    leftStep = encodeOther(state, incoming, writer, column, mode, nextMode, neighbourStep);
    left = column;
    leftMode = nextMode;
  }
}

/** The less frequent cases: zeros, binary columns, changes of mode. @returns what the neighbour may predict from */
function encodeOther(
  state: ColumnState,
  incoming: IncomingColumns,
  writer: BitWriter,
  column: number,
  mode: number,
  nextMode: number,
  neighbourStep: number,
): number {
  const isFresh = nextMode !== mode;
  if (isFresh) {
    putSwitch(writer, mode, nextMode);
    freshMode = nextMode;
    state.enterMode(column, nextMode);
  }
  if (nextMode === BINARY) encodeBinary(state, incoming, writer, column);
  if (nextMode > MOST_DECIMALS) return 0;
  const { words, values } = state;
  const power = POWERS_OF_TEN[nextMode] ?? 0;
  const before = isFresh ? 0 : Math.round((values[column] ?? 0) * power);
  const exact = Math.round((incoming.values[column] ?? 0) * power) - before;
  words[column * 2] = incoming.words[column * 2] ?? 0;
  words[column * 2 + 1] = incoming.words[column * 2 + 1] ?? 0;
  if (exact >= STEP_BOUND || exact <= -STEP_BOUND) {
    scratch[0] = exact;
    putLarge(writer);
    state.steps[column] = 0;
    return 0;
  }
  const step = exact | 0;
  if (isFresh) encodeFresh(writer, step, neighbourStep);
  else encodeStep(state, writer, column, step, neighbourStep);
  return step;
}

/** Tells a new mode. A column that was absent can only come with a new one, so no escape precedes it. */
function putSwitch(writer: BitWriter, mode: number, nextMode: number): void {
  if (mode === BINARY) {
    writer.put(1 | (WINDOW_SWITCH << 1), 1 + WINDOW_BITS);
  } else if (mode <= MOST_DECIMALS) {
    writer.put(ESCAPE.switch << (MOST_QUOTIENT + 1), MOST_QUOTIENT + 1 + ESCAPE_BITS);
  }
  if (nextMode === freshMode) writer.put(1, 1);
  else writer.put(nextMode << 1, MODE_BITS + 1);
}

/** The first value of a column: signed, from zero or from its neighbour's first value, whichever did better so far. */
function encodeFresh(writer: BitWriter, integer: number, neighbourStep: number): void {
  const difference = integer - neighbourStep;
  if (freshNeighbourCost < freshLevelCost) putRice(writer, difference, freshNeighbourCost, true);
  else putRice(writer, integer, freshLevelCost, true);
  freshLevelCost = blendCost(freshLevelCost, bitLength(integer));
  freshNeighbourCost = blendCost(freshNeighbourCost, bitLength(difference));
}

function encodeStep(state: ColumnState, writer: BitWriter, column: number, step: number, neighbourStep: number): void {
  const control = state.controls[column] ?? 0;
  const levelCost = control & COST_MASK;
  const neighbourCost = (control >>> COST_BITS) & COST_MASK;
  const stepCost = (control >>> (2 * COST_BITS)) & COST_MASK;
  const fromNeighbour = step - neighbourStep;
  const fromStep = step - (state.steps[column] ?? 0);
  let predictor: number = LEVEL;
  let residual = step;
  let cost = levelCost;
  if (neighbourCost < cost) {
    predictor = NEIGHBOUR;
    residual = fromNeighbour;
    cost = neighbourCost;
  }
  if (stepCost < cost) {
    predictor = STEP;
    residual = fromStep;
    cost = stepCost;
  }
  const signBit = 1 << (SIGN_SHIFT + predictor);
  putRice(writer, residual, cost, (control & signBit) !== 0);
  state.controls[column] =
    (control & ~0xffffff) |
    (residual < 0 ? signBit : 0) |
    blendCost(levelCost, bitLength(step)) |
    (blendCost(neighbourCost, bitLength(fromNeighbour)) << COST_BITS) |
    (blendCost(stepCost, bitLength(fromStep)) << (2 * COST_BITS));
  state.steps[column] = step;
}

/** A quotient in unary and a remainder as it is, or an escape when the quotient is too large or the sign unforeseen. */
function putRice(writer: BitWriter, residual: number, cost: number, signed: boolean): void {
  const folded = signed ? (residual << 1) ^ (residual >> 31) : residual;
  const bits = remainderBits(signed ? cost + 4 : cost);
  const quotient = folded >>> bits;
  if (quotient <= MOST_QUOTIENT) {
    writer.put((1 | ((folded & ((1 << bits) - 1)) << 1)) << quotient, quotient + 1 + bits);
    return;
  }
  const magnitude = residual < 0 ? -residual : residual;
  const length = bitLength(magnitude);
  const kind = residual < 0 ? ESCAPE.negative : ESCAPE.positive;
  writer.put((kind | (length << ESCAPE_BITS)) << (MOST_QUOTIENT + 1), MOST_QUOTIENT + 1 + ESCAPE_BITS + LENGTH_BITS);
  writer.putLong(magnitude, 0, length - 1);
}

/** A difference that is no small integer; it is in `scratch`. */
function putLarge(writer: BitWriter): void {
  const step = scratch[0] ?? 0;
  writer.put(ESCAPE.large << (MOST_QUOTIENT + 1), MOST_QUOTIENT + 1 + ESCAPE_BITS);
  const magnitude = Math.abs(step);
  const high = Math.floor(magnitude / 4_294_967_296);
  const length = high === 0 ? 32 - Math.clz32(magnitude) : 64 - Math.clz32(high);
  writer.put((step < 0 ? 1 : 0) | (length << 1), 1 + LENGTH_BITS);
  writer.putLong(magnitude | 0, high, length);
}

function encodeBinary(state: ColumnState, incoming: IncomingColumns, writer: BitWriter, column: number): void {
  const { words, controls } = state;
  const at = column * 2;
  const lowBefore = words[at] ?? 0;
  const lowNow = incoming.words[at] ?? 0;
  const highNow = incoming.words[at + 1] ?? 0;
  let low = (lowNow - lowBefore) | 0;
  let high = (highNow - (words[at + 1] ?? 0) - (lowNow >>> 0 < lowBefore >>> 0 ? 1 : 0)) | 0;
  words[at] = lowNow;
  words[at + 1] = highNow;
  const negative = high >>> 31;
  if (negative === 1) {
    low = -low | 0;
    high = (~high + (low === 0 ? 1 : 0)) | 0;
  }
  const zeros = low === 0 ? (high === 0 ? 0 : 32 + trailingZeros(high)) : trailingZeros(low);
  const length = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
  const control = controls[column] ?? 0;
  let shift = control & COST_MASK;
  let width = (control >>> COST_BITS) & COST_MASK;
  if (zeros >= shift && length <= shift + width && length + WASTE_BITS > shift + width) {
    writer.put(negative << 1, 2);
  } else {
    shift = zeros;
    width = Math.max(1, length - zeros);
    controls[column] = (BINARY << MODE_SHIFT) | shift | (width << COST_BITS);
    writer.put(1 | (shift << 1) | ((width - 1) << (1 + LENGTH_BITS)), 1 + WINDOW_BITS);
    writer.put(negative, 1);
  }
  if (shift >= 32) writer.putLong((high >>> (shift - 32)) | 0, 0, width);
  else if (shift > 0) writer.putLong((low >>> shift) | (high << (32 - shift)), high >>> shift, width);
  else writer.putLong(low, high, width);
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
