/**
 * Packs bits into bytes, the lowest first. One instance is reused for every frame; `bytes` and `position` may be used
 * directly while no bits are pending (after `align`).
 *
 * `put` does not check for room: reserve the worst case before a run of bits, and four bytes more.
 */
export class BitWriter {
  bytes: Uint8Array;
  position = 0;
  #pending = 0;
  #count = 0;

  constructor(initialBytes = 65_536) {
    this.bytes = new Uint8Array(initialBytes);
  }

  /** Makes room for `count` more bytes. Positions stay, but `bytes` may be another array afterwards. */
  reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
  }

  /** Appends the `count` ≤ 31 low bits of `value`, whose other bits must be 0. */
  put(value: number, count: number): void {
    const filled = this.#count;
    const pending = this.#pending | (value << filled);
    const total = filled + count;
    if (total < 32) {
      this.#pending = pending;
      this.#count = total;
      return;
    }
    // Four bytes at once: a loop over bytes mispredicts its end at nearly every call.
    const bytes = this.bytes;
    const at = this.position;
    bytes[at] = pending;
    bytes[at + 1] = pending >>> 8;
    bytes[at + 2] = pending >>> 16;
    bytes[at + 3] = pending >>> 24;
    this.position = at + 4;
    this.#pending = filled === 0 ? 0 : value >>> (32 - filled);
    this.#count = total - 32;
  }

  /** Appends the `count` ≤ 64 low bits of the number whose two halves these are. */
  putLong(low: number, high: number, count: number): void {
    this.#putWord(low, count > 32 ? 32 : count);
    if (count > 32) this.#putWord(high, count - 32);
  }

  /** Fills the last byte with zeros. */
  align(): void {
    let pending = this.#pending;
    for (let left = this.#count; left > 0; left -= 8) {
      this.bytes[this.position++] = pending;
      pending >>>= 8;
    }
    this.#pending = 0;
    this.#count = 0;
  }

  #putWord(word: number, count: number): void {
    const first = count > 16 ? 16 : count;
    this.put(word & ((1 << first) - 1), first);
    if (count > 16) this.put((word >>> 16) & ((1 << (count - 16)) - 1), count - 16);
  }
}
