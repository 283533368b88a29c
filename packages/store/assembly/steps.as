// Differences of decimal columns: predictors and Rice codes.

import { put, putLong } from './bits';
import { CONTROLS, STEPS } from './memory';
import {
  COSTS_MASK,
  COST_BITS,
  COST_MASK,
  ESCAPE_BITS,
  ESCAPE_HEAD_BITS,
  ESCAPE_NEGATIVE,
  ESCAPE_POSITIVE,
  LENGTH_BITS,
  MOST_QUOTIENT,
  SIGN_SHIFT,
  bitLength,
  blendCost,
  remainderBits,
} from './model';

/** Writes a difference from the number that has predicted best in this column, and learns from it. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function encodeStep(column: i32, step: i32, neighbourStep: i32): void {
  const control = load<u32>(column << 2, CONTROLS);
  const levelCost = control & COST_MASK;
  const neighbourCost = (control >> COST_BITS) & COST_MASK;
  const stepCost = (control >> (2 * COST_BITS)) & COST_MASK;
  const fromNeighbour = step - neighbourStep;
  const fromStep = step - load<i32>(column << 2, STEPS);
  // All without a branch, which would mispredict: which number predicts best changes from column to column.
  const isNeighbour = <i32>(neighbourCost < levelCost);
  const nearer = levelCost + ((neighbourCost - levelCost) & -isNeighbour);
  const isStep = <i32>(stepCost < nearer);
  const cost = nearer + ((stepCost - nearer) & -isStep);
  let residual = step + ((fromNeighbour - step) & -isNeighbour);
  residual += (fromStep - residual) & -isStep;
  const signBit = <u32>1 << (SIGN_SHIFT + ((isNeighbour & ~isStep) | (isStep << 1)));
  putRice(residual, cost, (control & signBit) != 0);
  const learnt =
    blendCost(levelCost, bitLength(step)) |
    (blendCost(neighbourCost, bitLength(fromNeighbour)) << COST_BITS) |
    (blendCost(stepCost, bitLength(fromStep)) << (2 * COST_BITS));
  store<u32>(column << 2, (control & ~COSTS_MASK) | (signBit & (residual >> 31)) | learnt, CONTROLS);
  store<i32>(column << 2, step, STEPS);
}

/** A quotient in unary and a remainder as it is, or an escape when the quotient is too large or the sign unforeseen. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function putRice(residual: i32, cost: u32, isSigned: bool): void {
  const signed = <i32>isSigned;
  const folded = <u32>((residual << signed) ^ ((residual >> 31) & -signed));
  const bits = remainderBits(cost + (signed << 2));
  const quotient = folded >> bits;
  if (quotient <= MOST_QUOTIENT) {
    put(<u64>((1 | ((folded & ((1 << bits) - 1)) << 1)) << quotient), <u64>(quotient + 1 + bits));
  } else putEscape(residual);
}

function putEscape(residual: i32): void {
  const length = bitLength(residual);
  const kind = residual < 0 ? ESCAPE_NEGATIVE : ESCAPE_POSITIVE;
  put(<u64>((kind | (length << ESCAPE_BITS)) << (MOST_QUOTIENT + 1)), ESCAPE_HEAD_BITS + LENGTH_BITS);
  putLong(abs(residual), length - 1);
}
