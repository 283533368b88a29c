// Packs bits into bytes, the lowest first: runs of bits are noted first, and packed block by block.

import { CODES } from './memory';

const SIZE_BITS: u64 = 6;

let end: i32 = CODES;

/** Appends the `bits` ≤ 56 low bits of `value`, whose other bits must be 0. */
// @ts-ignore: decorators are AssemblyScript's
@inline
export function put(value: u64, bits: u64): void {
  store<u64>(end, (value << SIZE_BITS) | bits);
  end += 8;
}

/** Appends the `bits` ≤ 64 low bits of `value`, whatever its others. */
export function putLong(value: u64, bits: u64): void {
  const first = min<u64>(bits, 32);
  put(value & ((<u64>1 << first) - 1), first);
  if (bits > 32) put((value >> 32) & ((<u64>1 << (bits - 32)) - 1), bits - 32);
}

/** Packs what was appended since the last time, and fills the last byte with zeros. @returns where the bytes end */
export function pack(start: i32): i32 {
  let position = start;
  let pending: u64 = 0;
  let count: u64 = 0;
  for (let code = CODES; code < end; code += 8) {
    const bits = load<u64>(code);
    pending |= (bits >> SIZE_BITS) << count;
    // Eight bytes at once: any branch would mispredict.
    store<u64>(position, pending);
    const filled = count + (bits & ((1 << SIZE_BITS) - 1));
    position += <i32>(filled >> 3);
    pending >>= filled & ~7;
    count = filled & 7;
  }
  store<u8>(position, pending);
  end = CODES;
  return position + <i32>(count != 0);
}
