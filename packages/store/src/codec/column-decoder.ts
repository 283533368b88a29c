import { CorruptFrame } from '../errors.ts';
import type { BitReader } from './bit-reader.ts';
import { decodeFlags } from './change-flags.ts';
import type { ColumnState } from './column-state.ts';
import {
  ABSENT,
  BINARY,
  bitLength,
  blendCost,
  BLOCK_SERIES,
  COST_BITS,
  COST_MASK,
  ESCAPE,
  ESCAPE_BITS,
  FRESH_LEVEL,
  FRESH_NEIGHBOUR,
  INTEGER_BOUND,
  LENGTH_BITS,
  MODE_BITS,
  MODE_SHIFT,
  MOST_DECIMALS,
  MOST_QUOTIENT,
  POWERS_OF_TEN,
  remainderBits,
  SIGN_SHIFT,
  STEP_BOUND,
  WINDOW_BITS,
  WINDOW_SWITCH,
} from './series-model.ts';

// Scratch of one block; decoding is synchronous, so one is enough.
const changedFlags = new Int32Array(BLOCK_SERIES / 32);
/** What takes the place of a difference, which is smaller: the column changes its mode, or see `largeStep`. */
const SWITCHED = 2 ** 30;
const LARGE = SWITCHED + 1;
const largeStep = new Float64Array(1);
let freshLevelCost = FRESH_LEVEL;
let freshNeighbourCost = FRESH_NEIGHBOUR;
/** The unary quotient's bits; one more stands for the end of an escape's zeros. */
const QUOTIENT_END = 1 << (MOST_QUOTIENT + 1);

/**
 * Reads what `encodeColumns` wrote and brings `state` up to date. With `wanted`, only so many columns of each block are
 * decoded, from its first on: the others are stale from then on, and must not be wanted in a later frame of the chain.
 *
 * @returns the position behind the last block
 * @throws CorruptFrame when the bytes cannot be what the encoder wrote; `state` is then unusable
 */
export function decodeColumns(
  state: ColumnState,
  bytes: Uint8Array,
  position: number,
  reader: BitReader,
  wanted?: Uint8Array,
): number {
  let at = position;
  state.beginFrame();
  for (let start = 0, block = 0; start < state.size; start += BLOCK_SERIES, block++) {
    if (at >= bytes.length) throw new CorruptFrame(`the frame ends before block ${block}`);
    let length = bytes[at++] ?? 0;
    if (length >= 0x80) {
      if (at >= bytes.length) throw new CorruptFrame(`the frame ends before block ${block}`);
      length = (length & 0x7f) | ((bytes[at++] ?? 0) << 7);
    }
    const end = at + length;
    if (end > bytes.length) throw new CorruptFrame(`block ${block} is cut short`);
    const columns = Math.min(BLOCK_SERIES, state.size - start);
    const wantedColumns = wanted === undefined ? columns : Math.min(columns, wanted[block] ?? 0);
    if (wantedColumns > 0) {
      reader.seek(at);
      decodeFlags(state, reader, start >>> 5, columns, changedFlags);
      decodeValues(state, reader, start, wantedColumns, changedFlags);
      if (reader.isBeyond(end)) throw new CorruptFrame(`block ${block} holds less than its columns need`);
    }
    at = end;
  }
  return at;
}

/**
 * Reads the values of those of the first `columns` columns of one block that `changed` names, a bit a column in words of 32, and
 * brings `state` up to date.
 */
export function decodeValues(
  state: ColumnState,
  reader: BitReader,
  start: number,
  columns: number,
  changed: Int32Array,
): void {
  const { values, controls } = state;
  freshLevelCost = FRESH_LEVEL;
  freshNeighbourCost = FRESH_NEIGHBOUR;
  let freshMode = 0;
  let left = -2;
  let leftStep = 0;
  let leftMode = ABSENT;
  for (let word = 0; word * 32 < columns; word++) {
    let flags = changed[word] ?? 0;
    while (flags !== 0) {
      const inBlock = word * 32 + 31 - Math.clz32(flags & -flags);
      if (inBlock >= columns) return;
      const column = start + inBlock;
      flags &= flags - 1;
      const mode = (controls[column] ?? 0) >>> MODE_SHIFT;
      const neighbourStep = left === column - 1 && leftMode === mode ? leftStep : 0;
      let nextMode = mode;
      let step = 0;
      let isFresh = mode === ABSENT;
      if (mode <= MOST_DECIMALS) {
        step = decodeStep(state, reader, column, neighbourStep);
        if (step === SWITCHED) isFresh = true;
        else if (step === LARGE) {
          addStep(values, column, mode, largeStep[0] ?? 0);
          state.steps[column] = 0;
          step = 0;
        } else addStep(values, column, mode, step);
      } else if (mode === BINARY) isFresh = decodeBinary(state, reader, column);
      if (isFresh) {
        nextMode = reader.take(1) === 1 ? freshMode : reader.take(MODE_BITS);
        freshMode = nextMode;
        step = decodeFirst(
          state,
          reader,
          column,
          nextMode,
          left === column - 1 && leftMode === nextMode ? leftStep : 0,
        );
      }
      left = column;
      leftStep = step;
      leftMode = nextMode;
    }
  }
}

/** Brings a column into a mode and reads its value. @returns what its neighbour may predict from */
function decodeFirst(
  state: ColumnState,
  reader: BitReader,
  column: number,
  mode: number,
  neighbourStep: number,
): number {
  if (mode > MOST_DECIMALS && mode < BINARY) throw new CorruptFrame(`${mode} is no mode of a value`);
  state.enterMode(column, mode);
  if (mode === ABSENT) return 0;
  if (mode === BINARY) {
    if (decodeBinary(state, reader, column)) throw new CorruptFrame('a first value changes its mode');
    return 0;
  }
  const step = decodeFresh(reader, neighbourStep);
  addStep(state.values, column, mode, step === LARGE ? (largeStep[0] ?? 0) : step);
  return step === LARGE ? 0 : step;
}

function addStep(values: Float64Array, column: number, mode: number, step: number): void {
  if (mode === 0) {
    values[column] = checked((values[column] ?? 0) + step);
    return;
  }
  const power = POWERS_OF_TEN[mode] ?? 0;
  values[column] = checked(Math.round((values[column] ?? 0) * power) + step) / power;
}

function checked(integer: number): number {
  if (integer < INTEGER_BOUND && integer > -INTEGER_BOUND) return integer;
  throw new CorruptFrame('a value is out of bounds');
}

function decodeFresh(reader: BitReader, neighbourStep: number): number {
  const useNeighbour = freshNeighbourCost < freshLevelCost;
  const residual = takeRice(reader, useNeighbour ? freshNeighbourCost : freshLevelCost, true);
  if (residual === SWITCHED) throw new CorruptFrame('a first value changes its mode');
  if (residual === LARGE) return LARGE;
  const integer = inBounds(useNeighbour ? residual + neighbourStep : residual);
  freshLevelCost = blendCost(freshLevelCost, bitLength(integer));
  freshNeighbourCost = blendCost(freshNeighbourCost, bitLength(integer - neighbourStep));
  return integer;
}

/** @returns the difference, {@link SWITCHED} or {@link LARGE} */
function decodeStep(state: ColumnState, reader: BitReader, column: number, neighbourStep: number): number {
  const control = state.controls[column] ?? 0;
  const levelCost = control & COST_MASK;
  const neighbourCost = (control >>> COST_BITS) & COST_MASK;
  const stepCost = (control >>> (2 * COST_BITS)) & COST_MASK;
  const previousStep = state.steps[column] ?? 0;
  let signBit = 1 << SIGN_SHIFT;
  let prediction = 0;
  let cost = levelCost;
  if (neighbourCost < cost) {
    signBit = 2 << SIGN_SHIFT;
    prediction = neighbourStep;
    cost = neighbourCost;
  }
  if (stepCost < cost) {
    signBit = 4 << SIGN_SHIFT;
    prediction = previousStep;
    cost = stepCost;
  }
  const residual = takeRice(reader, cost, (control & signBit) !== 0);
  if (residual >= SWITCHED) return residual;
  const step = inBounds(prediction + residual);
  state.controls[column] =
    (control & ~0xffffff) |
    (residual < 0 ? signBit : 0) |
    blendCost(levelCost, bitLength(step)) |
    (blendCost(neighbourCost, bitLength(step - neighbourStep)) << COST_BITS) |
    (blendCost(stepCost, bitLength(step - previousStep)) << (2 * COST_BITS));
  state.steps[column] = step;
  return step;
}

function inBounds(step: number): number {
  if (step < STEP_BOUND && step > -STEP_BOUND) return step;
  throw new CorruptFrame(`a difference of ${step} is out of bounds`);
}

/** @returns the residual, {@link SWITCHED} or {@link LARGE} */
function takeRice(reader: BitReader, cost: number, signed: boolean): number {
  const window = reader.peek();
  const end = window | QUOTIENT_END;
  const quotient = 31 - Math.clz32(end & -end);
  if (quotient > MOST_QUOTIENT) {
    reader.skip(MOST_QUOTIENT + 1);
    return takeEscape(reader);
  }
  const bits = remainderBits(signed ? cost + 4 : cost);
  let remainder: number;
  if (bits <= 16) {
    reader.skip(quotient + 1 + bits);
    remainder = (window >>> (quotient + 1)) & ((1 << bits) - 1);
  } else {
    reader.skip(quotient + 1);
    remainder = reader.take(bits);
  }
  const folded = (quotient << bits) | remainder;
  return signed ? (folded >>> 1) ^ -(folded & 1) : folded;
}

function takeEscape(reader: BitReader): number {
  const kind = reader.take(ESCAPE_BITS);
  if (kind === ESCAPE.switch) return SWITCHED;
  if (kind === ESCAPE.large) {
    const negative = reader.take(1) === 1;
    const length = reader.take(LENGTH_BITS);
    if (length > 53) throw new CorruptFrame(`a difference has ${length} bits`);
    const low = takeWord(reader, length);
    const magnitude = takeWord(reader, length - 32) * 4_294_967_296 + low;
    largeStep[0] = negative ? -magnitude : magnitude;
    return LARGE;
  }
  const length = reader.take(LENGTH_BITS);
  if (length === 0 || length > 30) throw new CorruptFrame(`a difference has ${length} bits`);
  const magnitude = (1 << (length - 1)) | takeWord(reader, length - 1);
  return kind === ESCAPE.negative ? -magnitude : magnitude;
}

/** @returns whether the mode changes instead */
function decodeBinary(state: ColumnState, reader: BitReader, column: number): boolean {
  const { words, controls } = state;
  if (reader.take(1) === 1) {
    const window = reader.take(WINDOW_BITS);
    if (window === WINDOW_SWITCH) return true;
    const shift = window & ((1 << LENGTH_BITS) - 1);
    const width = (window >>> LENGTH_BITS) + 1;
    if (shift + width > 64) throw new CorruptFrame(`a value has ${shift + width} bits`);
    controls[column] = (BINARY << MODE_SHIFT) | shift | (width << COST_BITS);
  }
  const negative = reader.take(1);
  const shift = (controls[column] ?? 0) & COST_MASK;
  const width = ((controls[column] ?? 0) >>> COST_BITS) & COST_MASK;
  let low = takeWord(reader, width);
  let high = takeWord(reader, width - 32);
  if (shift >= 32) {
    high = (low << (shift - 32)) >>> 0;
    low = 0;
  } else if (shift > 0) {
    high = ((high << shift) | (low >>> (32 - shift))) >>> 0;
    low = (low << shift) >>> 0;
  }
  if (negative === 1) {
    low = (~low + 1) >>> 0;
    high = (~high + (low === 0 ? 1 : 0)) >>> 0;
  }
  const at = column * 2;
  const sum = ((words[at] ?? 0) >>> 0) + low;
  words[at] = sum;
  words[at + 1] = (words[at + 1] ?? 0) + high + (sum > 0xffffffff ? 1 : 0);
  return false;
}

/** Takes the next 32 bits, or `count` if that is less. */
function takeWord(reader: BitReader, count: number): number {
  if (count <= 0) return 0;
  if (count <= 16) return reader.take(count);
  const low = reader.take(16);
  return (low | (reader.take(count >= 32 ? 16 : count - 16) << 16)) >>> 0;
}
