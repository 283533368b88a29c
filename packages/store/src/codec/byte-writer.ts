/** Memory that grows, with a position up to which it is written. One instance is reused for every frame. */
export class ByteWriter {
  bytes: Uint8Array;
  position = 0;

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
}
