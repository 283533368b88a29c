import { SPARE_BYTES } from '@pulsekeeper/exposition';

import { BodyBuffers } from './body-buffers.ts';

/** What is set aside at first, whatever a target announces: a promise of 100 MB costs it nothing. */
const MOST_AT_FIRST_BYTES = 1024 * 1024;

/** Shared by all bodies of the process. */
const buffers = new BodyBuffers();

/** One body on its way in, gathered in one piece of recycled memory, with room behind it for the parser. */
export class IncomingBody {
  readonly #announcedBytes: number;
  #buffer: Buffer | undefined;
  #length = 0;
  /** What the body is unpacked into. */
  #room: Buffer | undefined;

  /** @param announcedBytes - Length by the header; 0 when it is not known. */
  constructor(announcedBytes: number) {
    this.#announcedBytes = announcedBytes;
  }

  /** Takes a copy of the chunk. */
  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    const buffer = this.#buffer === undefined || this.#buffer.length < needed ? this.#grow(needed) : this.#buffer;
    buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  /** What has come so far: a view that is good until `release`. */
  bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** Recycled memory of any content to unpack the body into, good until `release`: at least so many bytes, asked for once. */
  room(bytes: number): Buffer {
    this.#room = buffers.take(bytes + SPARE_BYTES);
    return this.#room;
  }

  /** Gives the memory back. May be called again, and before anything has come. */
  release(): void {
    if (this.#buffer !== undefined) buffers.give(this.#buffer);
    if (this.#room !== undefined) buffers.give(this.#room);
    this.abandon();
  }

  /** Leaves the memory to whoever has a view of it yet. */
  abandon(): void {
    this.#buffer = undefined;
    this.#room = undefined;
    this.#length = 0;
  }

  #grow(needed: number): Buffer {
    const previous = this.#buffer;
    const wanted =
      previous === undefined
        ? Math.min(this.#announcedBytes, MOST_AT_FIRST_BYTES)
        : Math.max(this.#announcedBytes, 2 * previous.length);
    const buffer = buffers.take(Math.max(needed, wanted) + SPARE_BYTES);
    if (previous !== undefined) {
      previous.copy(buffer, 0, 0, this.#length);
      buffers.give(previous);
    }
    this.#buffer = buffer;
    return buffer;
  }
}
