// Which columns of one block changed.

import { put } from './bits';
import { CHANGED, OLDER, RECENT } from './memory';
import { GROUP_COLUMNS, WAKING_ALL, WAKING_BITS, WAKING_NONE, WAKING_SOME } from './model';

/**
 * Writes what `decodeFlags` of `src/codec/change-flags.ts` reads, and makes the changed columns count as active. A
 * group is a byte of the masks.
 * @param mask offset of the block's first group in the masks
 */
export function encodeFlags(mask: i32, columns: i32): void {
  const groups = (columns + GROUP_COLUMNS - 1) / GROUP_COLUMNS;
  let sleeping = 0;
  let woken = 0;
  let full = 0;
  for (let group = 0; group < groups; group++) {
    const active = activeOf(mask + group);
    const flags = <u32>load<u8>(CHANGED + group);
    if (active == 0) {
      sleeping++;
      woken += <i32>(flags != 0);
      full += <i32>(flags == groupMask(columns - group * GROUP_COLUMNS));
      continue;
    }
    // `0`, `01`, or `11` and the flags: without a branch, which would mispredict.
    const some = <u32>(flags != 0);
    const others = some & <u32>(flags != active);
    put(some | ((2 | (flags << 2)) & -others), 1 + some + (others << 3));
  }
  if (sleeping > 0) {
    const kind = woken == 0 ? WAKING_NONE : full == sleeping ? WAKING_ALL : WAKING_SOME;
    put(kind, WAKING_BITS);
    if (kind == WAKING_SOME) putWoken(mask, groups);
  }
  v128.store(RECENT + mask, v128.or(v128.load(RECENT + mask), v128.load(CHANGED)));
}

function putWoken(mask: i32, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    if (activeOf(mask + group) != 0) continue;
    const flags = <u32>load<u8>(CHANGED + group);
    if (flags == 0) put(0, 1);
    else put(1 | (flags << 1), 1 + GROUP_COLUMNS);
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function activeOf(group: i32): u32 {
  return <u32>load<u8>(RECENT + group) | <u32>load<u8>(OLDER + group);
}

/** The flags of a group of which `columns` exist. */
function groupMask(columns: i32): u32 {
  return columns >= GROUP_COLUMNS ? 0xff : (1 << columns) - 1;
}
