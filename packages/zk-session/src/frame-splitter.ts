/** More than any sane answer (50,000 names of 40 bytes are 2.2 MB); a length above it is not ZooKeeper. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;

/**
 * Cuts the bytes of one socket into ZooKeeper's frames: four bytes of length, then that many bytes.
 *
 * The client library does this itself, recursively, copying the rest at every frame, and with a rest that
 * survives into the next connection. Given exactly one frame at a time it does none of that.
 * Each byte is copied at most once, so a long answer costs linear time.
 */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #neededBytes = LENGTH_BYTES;

  /**
   * Takes what arrived and yields each frame that is complete, its length included. A frame is a view of the
   * received bytes. A caller that stops half-way must not use this splitter again.
   *
   * @throws RangeError when a length is negative or absurd.
   */
  *push(chunk: Buffer): Generator<Buffer, void, void> {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes < this.#neededBytes) return;

    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bufferedBytes);
    let start = 0;
    for (;;) {
      const available = bytes.length - start;
      this.#neededBytes = available < LENGTH_BYTES ? LENGTH_BYTES : frameBytes(bytes, start);
      if (available < this.#neededBytes) break;
      const end = start + this.#neededBytes;
      yield bytes.subarray(start, end);
      start = end;
    }
    this.#chunks = start === bytes.length ? [] : [bytes.subarray(start)];
    this.#bufferedBytes = bytes.length - start;
  }
}

function frameBytes(bytes: Buffer, start: number): number {
  const length = bytes.readInt32BE(start);
  if (length < 0 || length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes is not ZooKeeper's`);
  return LENGTH_BYTES + length;
}
