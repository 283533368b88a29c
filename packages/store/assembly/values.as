// The values of the changed columns of one block, as `src/codec/column-decoder.ts` reads them.

import {
  COLUMNS,
  CONTROLS,
  DIFFERENCES,
  FOLDED,
  NEW_CONTROLS,
  NEW_VALUES,
  REMAINDER_BITS,
  RESIDUALS,
  STEPS,
  VALUES,
  WAYS,
} from './memory';
import { encodeOther, startBlock } from './other-values';
import { predict } from './predictions';
import { putRice } from './rice';
import { STEP_WAY, chooseWays } from './ways';

/** Writes the values of the columns in CHANGED, in order, and brings the state up to date. */
export function encodeValues(first: i32, isPartial: bool): void {
  const count = chooseWays(first, isPartial);
  predict(count);
  startBlock();
  for (let at = 0; at < count; at += 4) {
    if (load<i32>(at, WAYS) != STEP_WAY) {
      encodeOther(at);
      continue;
    }
    const column = load<i32>(at, COLUMNS);
    putRice(load<i32>(at, RESIDUALS), load<u32>(at, FOLDED), load<u32>(at, REMAINDER_BITS));
    store<u64>(column << 3, load<u64>(column << 3, NEW_VALUES), VALUES);
    store<i32>(column << 2, load<i32>(at, NEW_CONTROLS), CONTROLS);
    store<i32>(column << 2, load<i32>(at, DIFFERENCES), STEPS);
  }
}
