// Where everything is in the memory: `src/codec/column-encoder.ts` puts things there, and takes them back.

/** Columns of a window, whole blocks: so many are encoded by one call. */
export const WINDOW_COLUMNS: i32 = 1024;
export const BLOCK_COLUMNS: i32 = 128;
/** Worst case of one value: flags, escape, mode, length and 64 raw bits. */
const WORST_VALUE_BYTES: i32 = 16;

// State of the columns before and after the frame, as in `src/codec/column-state.ts`. Powers of ten lie below.
export const VALUES: i32 = 2048;
export const STEPS: i32 = VALUES + WINDOW_COLUMNS * 8;
export const CONTROLS: i32 = STEPS + WINDOW_COLUMNS * 4;
/** A bit a column. */
export const RECENT: i32 = CONTROLS + WINDOW_COLUMNS * 4;
export const OLDER: i32 = RECENT + WINDOW_COLUMNS / 8;

// The frame: doubles, and a byte a column, 0 where it has none.
export const NEW_VALUES: i32 = OLDER + WINDOW_COLUMNS / 8;
export const PRESENT: i32 = NEW_VALUES + WINDOW_COLUMNS * 8;

// Of one block.

/** A bit a column: its value is another than before. */
export const CHANGED: i32 = PRESENT + WINDOW_COLUMNS;

// Lists of 32-bit integers, one for each column that changed. Before each is room for what is looked up left of the
// first.
const LIST_BYTES: i32 = 16 + BLOCK_COLUMNS * 4;
/** Its place in the window. */
export const COLUMNS: i32 = CHANGED + BLOCK_COLUMNS / 8 + 16;
/** How its value is written: see `ways.as`. */
export const WAYS: i32 = COLUMNS + LIST_BYTES;
/** Its mode, after the frame. */
export const MODES: i32 = WAYS + LIST_BYTES;
/** The difference of its integers where that is small, otherwise 0. */
export const DIFFERENCES: i32 = MODES + LIST_BYTES;
/** Control word and last difference, before the frame. */
export const OLD_CONTROLS: i32 = DIFFERENCES + LIST_BYTES;
export const OLD_STEPS: i32 = OLD_CONTROLS + LIST_BYTES;
/** What the column to the left predicts. */
export const NEIGHBOURS: i32 = OLD_STEPS + LIST_BYTES;
/** What the best predictor leaves, as it is and as it is written, and how many bits of that are not in unary. */
export const RESIDUALS: i32 = NEIGHBOURS + LIST_BYTES;
export const FOLDED: i32 = RESIDUALS + LIST_BYTES;
export const REMAINDER_BITS: i32 = FOLDED + LIST_BYTES;
/** Control word after the frame. */
export const NEW_CONTROLS: i32 = REMAINDER_BITS + LIST_BYTES;
/** Offsets in these lists of columns that need a look. */
export const OTHERS: i32 = NEW_CONTROLS + LIST_BYTES;

/** Runs of bits, eight bytes each. */
export const CODES: i32 = OTHERS + LIST_BYTES;
/** A value has at most two for a change of its mode and four for itself, a group of columns one or two. */
const MOST_CODES: i32 = BLOCK_COLUMNS * 6 + (BLOCK_COLUMNS / 8) * 2 + 1;

/** The blocks, as they stand in a frame. */
export const OUTPUT: i32 = CODES + MOST_CODES * 8;
/** Bits are written eight bytes at a time. */
export const MEMORY_END: i32 = OUTPUT + WINDOW_COLUMNS * WORST_VALUE_BYTES + (WINDOW_COLUMNS / BLOCK_COLUMNS) * 64 + 8;
