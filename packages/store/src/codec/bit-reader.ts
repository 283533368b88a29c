/**
 * Takes bits from bytes that it does not copy, the lowest of each byte first. Reads zeros beyond their end; `isBeyond` tells whether
 * it went beyond a given byte.
 */
export class BitReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #bit = 0;
  /** Below this byte four bytes can be read without a check. */
  #safeEnd = 0;

  /** Takes over the bytes of one frame. */
  load(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#safeEnd = bytes.length - 3;
  }

  /** Goes to a byte of the frame. */
  seek(byte: number): void {
    this.#bit = byte * 8;
  }

  /** The bit that comes next, from the first of the frame. */
  get bit(): number {
    return this.#bit;
  }

  /** True when more bits were taken than lie before byte `end`. */
  isBeyond(end: number): boolean {
    return this.#bit > end * 8;
  }

  /** Takes `count` ≤ 24 bits. */
  take(count: number): number {
    const bit = this.#bit;
    this.#bit = bit + count;
    return this.#window(bit) & ((1 << count) - 1);
  }

  /** At least 25 bits from here on, without taking them. */
  peek(): number {
    return this.#window(this.#bit);
  }

  skip(count: number): void {
    this.#bit += count;
  }

  #window(bit: number): number {
    const at = bit >>> 3;
    if (at >= this.#safeEnd) return this.#lastWindow(bit);
    const bytes = this.#bytes;
    const word =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    return word >>> (bit & 7);
  }

  #lastWindow(bit: number): number {
    const bytes = this.#bytes;
    let word = 0;
    for (let at = bit >>> 3, shift = 0; shift < 32 && at < bytes.length; at++, shift += 8)
      word |= (bytes[at] ?? 0) << shift;
    return word >>> (bit & 7);
  }
}
