// Predicts the differences of decimal columns and learns from them, four columns at a time.

import {
  COLUMNS,
  DIFFERENCES,
  FOLDED,
  MODES,
  NEIGHBOURS,
  NEW_CONTROLS,
  OLD_CONTROLS,
  OLD_STEPS,
  REMAINDER_BITS,
  RESIDUALS,
} from './memory';
import { COSTS_MASK, COST_BITS, COST_MASK, SIGN_SHIFT } from './model';

/** Fills the lists from NEIGHBOURS to NEW_CONTROLS; the latter hold where the way is a step. */
export function predict(count: i32): void {
  // Left of the first there is no column.
  store<i32>(COLUMNS - 4, -2);
  for (let at = 0; at < count; at += 16) {
    const step = v128.load(at, DIFFERENCES);
    const isBeside = i32x4.eq(v128.load(at, COLUMNS), i32x4.add(v128.load(at, COLUMNS - 4), i32x4.splat(1)));
    const isAlike = i32x4.eq(v128.load(at, MODES), v128.load(at, MODES - 4));
    const neighbourStep = v128.and(v128.load(at, DIFFERENCES - 4), v128.and(isBeside, isAlike));
    v128.store(at, neighbourStep, NEIGHBOURS);

    const control = v128.load(at, OLD_CONTROLS);
    const levelCost = v128.and(control, i32x4.splat(COST_MASK));
    const neighbourCost = v128.and(i32x4.shr_u(control, COST_BITS), i32x4.splat(COST_MASK));
    const stepCost = v128.and(i32x4.shr_u(control, 2 * COST_BITS), i32x4.splat(COST_MASK));
    const fromNeighbour = i32x4.sub(step, neighbourStep);
    const fromStep = i32x4.sub(step, v128.load(at, OLD_STEPS));
    const isNeighbour = i32x4.lt_s(neighbourCost, levelCost);
    const nearer = v128.bitselect(neighbourCost, levelCost, isNeighbour);
    const isStep = i32x4.lt_s(stepCost, nearer);
    const residual = v128.bitselect(fromStep, v128.bitselect(fromNeighbour, step, isNeighbour), isStep);
    const cost = v128.bitselect(stepCost, nearer, isStep);
    const signBit = v128.bitselect(
      i32x4.splat(4 << SIGN_SHIFT),
      v128.bitselect(i32x4.splat(2 << SIGN_SHIFT), i32x4.splat(1 << SIGN_SHIFT), isNeighbour),
      isStep,
    );
    const isNegative = i32x4.shr_s(residual, 31);
    v128.store(
      at,
      v128.or(
        v128.or(v128.andnot(control, i32x4.splat(COSTS_MASK)), v128.and(signBit, isNegative)),
        v128.or(
          blendCosts(levelCost, step),
          v128.or(
            i32x4.shl(blendCosts(neighbourCost, fromNeighbour), COST_BITS),
            i32x4.shl(blendCosts(stepCost, fromStep), 2 * COST_BITS),
          ),
        ),
      ),
      NEW_CONTROLS,
    );

    const isSigned = i32x4.eq(v128.and(control, signBit), signBit);
    const folded = v128.xor(i32x4.shl(residual, 1), isNegative);
    v128.store(at, residual, RESIDUALS);
    v128.store(at, v128.bitselect(folded, residual, isSigned), FOLDED);
    v128.store(at, remainderBits(i32x4.add(cost, v128.and(isSigned, i32x4.splat(4)))), REMAINDER_BITS);
  }
}

/** As `remainderBits` of `model.as`. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function remainderBits(cost: v128): v128 {
  const bits = i32x4.shr_u(i32x4.sub(i32x4.max_s(cost, i32x4.splat(3)), i32x4.splat(3)), 2);
  return i32x4.min_s(bits, i32x4.splat(22));
}

/** As `blendCost` of `model.as`, with the lengths of values. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function blendCosts(cost: v128, value: v128): v128 {
  const sum = i32x4.add(i32x4.add(cost, i32x4.shl(cost, 1)), i32x4.shl(bitLengths(value), 2));
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(2)), 2);
}

/** By the exponents of floats. Without the bit below its first no number is rounded up to the next power of two. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function bitLengths(value: v128): v128 {
  const magnitude = i32x4.abs(value);
  const float = f32x4.convert_i32x4_s(v128.andnot(magnitude, i32x4.shr_u(magnitude, 1)));
  // Of 0 the exponent is 0.
  return i32x4.max_s(i32x4.sub(i32x4.shr_u(float, 23), i32x4.splat(126)), i32x4.splat(0));
}
