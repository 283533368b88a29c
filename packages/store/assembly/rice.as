// Rice codes.

import { put, putLong } from './bits';
import {
  ESCAPE_BITS,
  ESCAPE_HEAD_BITS,
  ESCAPE_NEGATIVE,
  ESCAPE_POSITIVE,
  LENGTH_BITS,
  MOST_QUOTIENT,
  bitLength,
} from './model';

/**
 * A quotient in unary and a remainder as it is, or an escape when the quotient is too large or the sign unforeseen.
 * @param folded the residual, with its sign in the lowest bit where signs are foreseen
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function putRice(residual: i32, folded: u32, remainderBits: u32): void {
  const quotient = folded >> remainderBits;
  if (quotient <= MOST_QUOTIENT) {
    const remainder = <u64>(folded & ((1 << remainderBits) - 1));
    put(((remainder << 1) | 1) << quotient, quotient + 1 + remainderBits);
  } else putEscape(residual);
}

function putEscape(residual: i32): void {
  const length = bitLength(residual);
  const kind = residual < 0 ? ESCAPE_NEGATIVE : ESCAPE_POSITIVE;
  put((kind | (length << ESCAPE_BITS)) << (MOST_QUOTIENT + 1), ESCAPE_HEAD_BITS + LENGTH_BITS);
  putLong(abs(residual), length - 1);
}
