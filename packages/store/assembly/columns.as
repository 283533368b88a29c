// The writing half of the column codec, in AssemblyScript: `encodeWindow`, driven by `src/codec/column-encoder.ts`,
// writes the values of one frame as blocks, each preceded by its length, and brings the state of the columns up to
// date. What is written stands in docs/frame-format.md; `src/codec/column-decoder.ts` reads it.
// `scripts/build-wasm.mjs` compiles this into `src/codec/columns-wasm.ts`.
//
// Blocks know nothing of each other, so the columns of a wide target come in windows of whole blocks. Within a block
// there is a pass over all changed columns for each question, with lists in between: V8 compiles short loops well, and
// what one column needs does not wait for another.

import { pack } from './bits';
import { findChanged } from './changes';
import { encodeFlags } from './flags';
import { BLOCK_COLUMNS, OUTPUT } from './memory';
import { encodeValues } from './values';

export {
  WINDOW_COLUMNS,
  VALUES,
  STEPS,
  CONTROLS,
  RECENT,
  OLDER,
  NEW_VALUES,
  PRESENT,
  OUTPUT,
  MEMORY_END,
} from './memory';

/**
 * @param columns how many are in the window
 * @param isPartial not all of them have a value: PRESENT tells
 * @returns bytes of the output
 */
export function encodeWindow(columns: i32, isPartial: bool): i32 {
  let start = OUTPUT;
  for (let first = 0; first < columns; first += BLOCK_COLUMNS) {
    const inBlock = min(columns - first, BLOCK_COLUMNS);
    findChanged(first, inBlock, isPartial);
    encodeFlags(first >> 3, inBlock);
    encodeValues(first, isPartial);
    // A byte for the length; blocks of 128 bytes and more move up by one.
    const end = pack(start + 1);
    const length = end - start - 1;
    if (length < 0x80) {
      store<u8>(start, length);
      start = end;
      continue;
    }
    memory.copy(start + 2, start + 1, length);
    store<u8>(start, (length & 0x7f) | 0x80);
    store<u8>(start + 1, length >> 7);
    start = end + 1;
  }
  return start - OUTPUT;
}
