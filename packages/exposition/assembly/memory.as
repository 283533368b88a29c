// Where everything is in the memory: the drivers put things there, and look for them.

/** Bytes of a window of either body. */
export const WINDOW_BYTES: i32 = 131072;
/** Rows that one call can look at. */
export const WINDOW_ROWS: i32 = 8192;

// Regions of the memory; the table of powers lies below them. Each body window has room for a newline and for reading ahead.
export const OLD_BODY: i32 = 65536;
export const NEW_BODY: i32 = OLD_BODY + WINDOW_BYTES + 64;
export const STARTS: i32 = NEW_BODY + WINDOW_BYTES + 64;
export const VALUES: i32 = STARTS + WINDOW_ROWS * 4;
export const TIMESTAMPS: i32 = VALUES + WINDOW_ROWS * 8;
export const CHANGED: i32 = TIMESTAMPS + WINDOW_ROWS * 8;
/** Where the driver leaves a value that it has read for us. */
export const FOREIGN_VALUE: i32 = CHANGED + WINDOW_ROWS * 4;
/** Where reading stands: integers that the driver sets before a call and reads after it, in this order. */
export const STATE: i32 = FOREIGN_VALUE + 8;
/** Bytes of the old and of the new window that are read, */
export const OLD_AT: i32 = STATE;
export const NEW_AT: i32 = STATE + 4;
/** rows of the window that are read, */
export const ROW: i32 = STATE + 8;
/** how many values have changed, */
export const CHANGED_COUNT: i32 = STATE + 12;
/** by how many bytes a line has grown at most, */
export const GROWTH: i32 = STATE + 16;
/** bytes of keys written, */
export const KEYS_LENGTH: i32 = STATE + 20;
/** metadata lines passed, */
export const METADATA_COUNT: i32 = STATE + 24;
/** and bytes of the longest line read. */
export const LONGEST_LINE: i32 = STATE + 28;

// What only `readPlainLines` uses. Keys take the place of the old body: they are never longer than the lines that they are from.
export const KEYS: i32 = OLD_BODY;
/** Hash of the key of each row. */
export const HASHES: i32 = CHANGED;
/** Where the key of each row ends, newline included. */
export const KEY_ENDS: i32 = STATE + 64;
/** Offsets of the metadata lines passed. */
export const METADATA: i32 = KEY_ENDS + WINDOW_ROWS * 4;
export const MAX_METADATA: i32 = 1024;
/** What each byte may be part of, as in `src/byte-class.ts`, with one more bit. */
export const CLASSES: i32 = METADATA + MAX_METADATA * 4;
/** Two random integers for hashing, the second one odd. */
export const SEEDS: i32 = CLASSES + 256;
/** Labels of the line being read: start of the name, end of the name, end of the value. */
export const LABELS: i32 = SEEDS + 16;
export const LABEL_BYTES: i32 = 12;
/** Lines with more labels are the driver's. */
export const MAX_LABELS: i32 = 64;
/** First byte that is not used. */
export const MEMORY_END: i32 = LABELS + MAX_LABELS * LABEL_BYTES;
