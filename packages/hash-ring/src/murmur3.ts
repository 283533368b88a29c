/**
 * MurmurHash3 x86_128 (Austin Appleby, public domain; https://github.com/aappleby/smhasher): four well-mixed words of 32
 * bits from one pass, with 32-bit arithmetic only. Not for hash tables under attack: whoever chooses target names could
 * choose them to collide, and would gain nothing but uneven load, which the bound then evens out.
 */

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;
const BLOCK_BYTES = 16;

/** Longest text that is hashed without an allocation, in UTF-16 code units. */
const SCRATCH_BYTES = 1024;
const scratch = new Uint8Array(SCRATCH_BYTES);

/** Four words of 32 bits, unsigned. */
export type Hash128 = Uint32Array<ArrayBuffer>;

/** Hashes the UTF-8 bytes of a text into `out`. About 50 ns for a short ASCII text. */
export function hashText(text: string, out: Hash128): void {
  const length = text.length;
  if (length > SCRATCH_BYTES) {
    hashEncoded(text, out);
    return;
  }
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      hashEncoded(text, out);
      return;
    }
    scratch[index] = unit;
  }
  murmur3(scratch, length, 0, out);
}

function hashEncoded(text: string, out: Hash128): void {
  const bytes = new TextEncoder().encode(text);
  murmur3(bytes, bytes.length, 0, out);
}

/** MurmurHash3 x86_128 of the first `length` bytes. */
export function murmur3(bytes: Uint8Array, length: number, seed: number, out: Hash128): void {
  let [h1, h2, h3, h4] = [seed, seed, seed, seed];
  const bodyEnd = length - (length % BLOCK_BYTES);
  for (let at = 0; at < bodyEnd; at += BLOCK_BYTES) {
    h1 = Math.imul(rotateLeft(h1 ^ mix(wordAt(bytes, at, length), C1, 15, C2), 19) + h2, 5) + 0x561ccd1b;
    h2 = Math.imul(rotateLeft(h2 ^ mix(wordAt(bytes, at + 4, length), C2, 16, C3), 17) + h3, 5) + 0x0bcaa747;
    h3 = Math.imul(rotateLeft(h3 ^ mix(wordAt(bytes, at + 8, length), C3, 17, C4), 15) + h4, 5) + 0x96cd1c35;
    h4 = Math.imul(rotateLeft(h4 ^ mix(wordAt(bytes, at + 12, length), C4, 18, C1), 13) + h1, 5) + 0x32ac3b17;
  }
  if (bodyEnd < length) {
    // Bytes past the end read as 0, which leaves the words they make up as the algorithm's tail has them.
    h4 ^= mix(wordAt(bytes, bodyEnd + 12, length), C4, 18, C1);
    h3 ^= mix(wordAt(bytes, bodyEnd + 8, length), C3, 17, C4);
    h2 ^= mix(wordAt(bytes, bodyEnd + 4, length), C2, 16, C3);
    h1 ^= mix(wordAt(bytes, bodyEnd, length), C1, 15, C2);
  }
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finalMix((h2 + h1) | 0);
  h3 = finalMix((h3 + h1) | 0);
  h4 = finalMix((h4 + h1) | 0);
  h1 = finalMix(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

/** Spreads every bit of a word over all of it; a bijection. MurmurHash3's finaliser. */
export function finalMix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function mix(word: number, before: number, bits: number, after: number): number {
  return Math.imul(rotateLeft(Math.imul(word, before), bits), after);
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Four bytes, little-endian. Reads byte by byte: the scratch holds what earlier texts left behind. */
function wordAt(bytes: Uint8Array, at: number, length: number): number {
  if (at + 4 <= length) {
    return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  }
  let word = 0;
  for (let index = at; index < length; index += 1) {
    word |= (bytes[index] ?? 0) << (8 * (index - at));
  }
  return word;
}
