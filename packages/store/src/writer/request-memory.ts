/** Kept for the next requests: as many as calls are mostly under way. */
const MOST_KEPT = 4;
/** Longer requests are rare, and their memory is let go. */
const MOST_KEPT_BYTES = 256 * 1024;
const STEP_BYTES = 16 * 1024;

/**
 * Memory of requests, used again once they have been answered. Each taken from the system anew would be garbage outside of the
 * engine's heap, and that makes it mark the whole heap every few dozen requests.
 */
export class RequestMemory {
  #free: Buffer[] = [];

  /** Memory of at least so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    const last = this.#free.pop();
    if (last !== undefined && last.length >= bytes) return last;
    return Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
  }

  /** Nobody reads it any more: the server has answered, so it has all of the request. */
  giveBack(memory: Buffer): void {
    if (this.#free.length < MOST_KEPT && memory.length <= MOST_KEPT_BYTES) this.#free.push(memory);
  }
}
