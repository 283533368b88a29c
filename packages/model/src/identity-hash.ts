/**
 * MurmurHash3 x86_32 of a text's UTF-8 bytes (Austin Appleby, public domain; https://github.com/aappleby/smhasher).
 * The same on every machine and in every release: target phases depend on it. Not for hash tables under attack.
 */
export function identityHash(text: string, seed = 0): number {
  const bytes = new TextEncoder().encode(text);
  const tailStart = bytes.length & ~3;
  let hash = seed;
  for (let at = 0; at < tailStart; at += 4) {
    hash ^= mixBlock(byteAt(bytes, at, 0) | byteAt(bytes, at, 1) | byteAt(bytes, at, 2) | byteAt(bytes, at, 3));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  if (tailStart < bytes.length) {
    // Bytes beyond the end read as 0, which is what the algorithm's tail amounts to.
    hash ^= mixBlock(byteAt(bytes, tailStart, 0) | byteAt(bytes, tailStart, 1) | byteAt(bytes, tailStart, 2));
  }
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function byteAt(bytes: Uint8Array, start: number, index: number): number {
  return (bytes[start + index] ?? 0) << (8 * index);
}

function mixBlock(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
