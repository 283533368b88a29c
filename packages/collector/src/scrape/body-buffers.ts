/** The smallest buffer that is handed out; the others are powers of two. */
const LEAST_BYTES = 16 * 1024;

/** Larger buffers are not used again: few targets need them. */
export const MOST_RECYCLED_BYTES = 1024 * 1024;

/** Idle buffers are kept up to this sum. */
const MOST_IDLE_BYTES = 16 * 1024 * 1024;

/**
 * Memory for bodies on their way in, used again and again. A buffer for each read would be garbage outside of the heap, and
 * the collector would spend more time on collecting that than on scraping.
 */
export class BodyBuffers {
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;

  /** A buffer of at least so many bytes, of any content. */
  take(bytes: number): Buffer {
    const capacity = capacityFor(bytes);
    const buffer = this.#idle.get(capacity)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(capacity);
    this.#idleBytes -= capacity;
    return buffer;
  }

  /** Takes a buffer back. Nobody may use it, or a view of it, from now on. */
  give(buffer: Buffer): void {
    const { length } = buffer;
    if (length > MOST_RECYCLED_BYTES || this.#idleBytes + length > MOST_IDLE_BYTES) return;
    const idle = this.#idle.get(length);
    if (idle === undefined) this.#idle.set(length, [buffer]);
    else idle.push(buffer);
    this.#idleBytes += length;
  }
}

/** Buffers that are not kept are as large as they need to be. */
function capacityFor(bytes: number): number {
  if (bytes > MOST_RECYCLED_BYTES) return bytes;
  let capacity = LEAST_BYTES;
  while (capacity < bytes) capacity *= 2;
  return capacity;
}
