// The inner loops of reading a body, in AssemblyScript: `walk`, driven by `src/rescan.ts`, reads a body by its difference from
// the one before, and `readPlainLines`, driven by `src/plain-parse.ts`, reads lines from nothing. Both take the usual cases
// only and leave the others to the driver. `scripts/build-wasm.mjs` compiles this into `src/scan-wasm.ts`.
//
// Bodies are read in windows that the drivers copy in. All offsets here are relative to the windows, apart from the starts
// of values, which are offsets into the whole bodies.

export {
  WINDOW_BYTES,
  WINDOW_ROWS,
  OLD_BODY,
  NEW_BODY,
  STARTS,
  VALUES,
  TIMESTAMPS,
  CHANGED,
  FOREIGN_VALUE,
  STATE,
  KEYS,
  HASHES,
  KEY_ENDS,
  METADATA,
  CLASSES,
  SEEDS,
  MEMORY_END,
} from './memory';
export { hashKey } from './key';
export { readPlainLines } from './plain-lines';
export { walk } from './walk';
