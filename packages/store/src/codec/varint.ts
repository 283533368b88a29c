import { CorruptFrame } from '../errors.ts';
import type { ByteWriter } from './byte-writer.ts';

const LONGEST_VARINT = 8;

/** Appends an integer from 0 to 2^53 − 1, seven bits a byte, the lowest first; a set high bit means that more follow. */
export function putVarint(writer: ByteWriter, value: number): void {
  writer.reserve(LONGEST_VARINT);
  let left = value;
  while (left >= 0x80) {
    writer.bytes[writer.position++] = (left % 0x80) | 0x80;
    left = Math.floor(left / 0x80);
  }
  writer.bytes[writer.position++] = left;
}

/** Appends an integer of either sign: 0, −1, 1, −2, … as 0, 1, 2, 3, … */
export function putSignedVarint(writer: ByteWriter, value: number): void {
  putVarint(writer, value < 0 ? -2 * value - 1 : 2 * value);
}

export function putBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.reserve(bytes.length);
  writer.bytes.set(bytes, writer.position);
  writer.position += bytes.length;
}

/** Appends a text as its length in bytes and its UTF-8. */
export function putText(writer: ByteWriter, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  putVarint(writer, bytes.length);
  putBytes(writer, bytes);
}

/** Reads byte by byte; every method throws {@link CorruptFrame} rather than read beyond the end. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw new CorruptFrame(`cut short after ${this.bytes.length} bytes`);
    this.position++;
    return byte;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (let count = 1; count < LONGEST_VARINT; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new CorruptFrame('a number is longer than 53 bits');
  }

  signedVarint(): number {
    const folded = this.varint();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  take(count: number): Uint8Array {
    const end = this.position + count;
    if (end > this.bytes.length) throw new CorruptFrame(`cut short after ${this.bytes.length} bytes`);
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  text(): string {
    const bytes = this.take(this.varint());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }
}
