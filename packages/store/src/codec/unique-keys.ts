const LINE_FEED = 10;
const EMPTY = -1;

/** Odd and random, so that nobody can write keys that all collide. */
const MULTIPLIER = (Math.floor(Math.random() * 2 ** 32) | 1) >>> 0;

/** Whether no key occurs twice in a list of keys, each followed by a line feed. Works on bytes: 16 bytes a key, no strings. */
export function areUniqueKeys(keys: Uint8Array, size: number): boolean {
  const capacity = 2 ** Math.ceil(Math.log2(2 * size + 2));
  const slots = new Int32Array(capacity).fill(EMPTY);
  const starts = new Uint32Array(size);
  const hashes = new Int32Array(size);
  let start = 0;
  for (let index = 0; index < size; index++) {
    let hash = MULTIPLIER | 0;
    let end = start;
    for (let byte = keys[end] ?? LINE_FEED; byte !== LINE_FEED; byte = keys[end] ?? LINE_FEED) {
      hash = Math.imul(hash ^ byte, MULTIPLIER);
      end++;
    }
    hash ^= hash >>> 15;
    starts[index] = start;
    hashes[index] = hash;
    let slot = hash & (capacity - 1);
    for (let other = slots[slot] ?? EMPTY; other !== EMPTY; other = slots[slot] ?? EMPTY) {
      if (hashes[other] === hash && isSameKey(keys, starts[other] ?? 0, start, end)) return false;
      slot = (slot + 1) & (capacity - 1);
    }
    slots[slot] = index;
    start = end + 1;
  }
  return true;
}

/** Whether the key at `a` is that of `[b, bEnd)`; a line feed occurs nowhere in a key. */
function isSameKey(keys: Uint8Array, a: number, b: number, bEnd: number): boolean {
  for (let i = b, k = a; i <= bEnd; i++, k++) if (keys[i] !== keys[k]) return false;
  return true;
}
