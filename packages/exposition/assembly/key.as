// Writes canonical keys, and hashes them.

import { BRACE_CLOSE, BRACE_OPEN, COMMA, NEWLINE, copy } from './bytes';
import { HASHES, KEYS, KEYS_LENGTH, KEY_ENDS, LABELS, LABEL_BYTES, SEEDS } from './memory';
import { isSorted, labelCount, nameEnd } from './series';

/** Writes the canonical key of the line read by `readSeries`, and its hash. */
export function writeKey(line: i32, suffix: i32, r: i32): void {
  const start = KEYS + load<i32>(KEYS_LENGTH);
  let q: i32;
  if (isSorted) {
    q = copy(line, suffix, start);
  } else {
    q = copy(line, nameEnd, start);
    for (let i = 0; i < labelCount; i++) {
      const place = LABELS + i * LABEL_BYTES;
      store<u8>(q++, i == 0 ? BRACE_OPEN : COMMA);
      // Name, equals sign, quoted value: as they stand in the line.
      q = copy(load<i32>(place), load<i32>(place + 8) + 1, q);
    }
    store<u8>(q++, BRACE_CLOSE);
  }
  store<u8>(q++, NEWLINE);
  store<i32>(KEY_ENDS + (r << 2), q - KEYS);
  store<i32>(HASHES + (r << 2), hashBytes(start, q));
  store<i32>(KEYS_LENGTH, q - KEYS);
}

/** Hash of a key that the driver has put at the end of the keys. */
export function hashKey(start: i32, end: i32): i32 {
  return hashBytes(KEYS + start, KEYS + end);
}

function hashBytes(start: i32, end: i32): i32 {
  const multiplier = load<u64>(SEEDS + 8);
  let hash = load<u64>(SEEDS);
  let p = start;
  while (p + 8 <= end) {
    hash = (hash ^ load<u64>(p)) * multiplier;
    hash ^= hash >> 32;
    p += 8;
  }
  // Keys end with their only newline, so a shorter one is never the start of a longer one.
  const left = <u64>(end - p) << 3;
  hash = (hash ^ (load<u64>(p) & ((<u64>1 << left) - 1))) * multiplier;
  hash ^= hash >> 29;
  hash *= multiplier;
  return <i32>(hash >> 32);
}
