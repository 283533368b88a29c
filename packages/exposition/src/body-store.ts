import { NEWLINE } from './byte-class.ts';

/** Bytes of any value after the newline that ends every body, so that looking ahead stays inside of the array. */
const PADDING = 16;

/** Bytes that must be free behind a body for a parser to keep it as it is. */
export const SPARE_BYTES = 1 + PADDING;

/** A body in memory of our own, followed by a newline that is not part of it and by padding. */
export class BodyStore {
  bytes = new Uint8Array(0);
  length = 0;

  /** Takes a copy of `body`. Its memory is reused as long as it is neither too small nor four times too large. */
  set(body: Uint8Array): void {
    const needed = body.length + SPARE_BYTES;
    if (this.bytes.length < needed || this.bytes.length > 4 * needed + 4096) {
      // A little slack keeps a body that grows digit by digit in the same array.
      this.bytes = new Uint8Array(needed + (body.length >> 5));
    }
    this.bytes.set(body);
    this.bytes[body.length] = NEWLINE;
    this.length = body.length;
  }

  /** Forgets the body, and its memory. */
  clear(): void {
    this.bytes = new Uint8Array(0);
    this.length = 0;
  }

  /** Keeps `body` itself where there is room behind it for what a store needs, else a copy. It must not be written to. */
  adopt(body: Uint8Array<ArrayBuffer>): void {
    if (body.buffer.byteLength - body.byteOffset - body.length < SPARE_BYTES) {
      this.set(body);
      return;
    }
    this.bytes = new Uint8Array(body.buffer, body.byteOffset, body.length + SPARE_BYTES);
    this.bytes[body.length] = NEWLINE;
    this.length = body.length;
  }
}
