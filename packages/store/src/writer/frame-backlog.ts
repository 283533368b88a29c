import type { TargetStream } from './target-stream.ts';

/** Memory of a waiting frame beside its bytes. */
const WAITING_OVERHEAD_BYTES = 200;

/** How many frames wait for Redis over all targets, and the memory that they take. */
export class FrameBacklog {
  #frames = 0;
  #bytes = 0;

  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A frame has come to wait. */
  enter(bytes: number): void {
    this.#frames++;
    this.#bytes += bytes + WAITING_OVERHEAD_BYTES;
  }

  /** Frames wait no more. */
  leave(frames: number, bytes: number): void {
    this.#frames -= frames;
    this.#bytes -= bytes + frames * WAITING_OVERHEAD_BYTES;
  }

  /** Runs what changes which frames of a stream wait, or their bytes, and keeps the sums right. */
  recount(stream: TargetStream, change: () => void): void {
    const bytesBefore = stream.waitingBytes();
    const waitingBefore = stream.log.waiting;
    try {
      change();
    } finally {
      const frames = stream.log.waiting - waitingBefore;
      this.#frames += frames;
      this.#bytes += stream.waitingBytes() - bytesBefore + frames * WAITING_OVERHEAD_BYTES;
    }
  }

  clear(): void {
    this.#frames = 0;
    this.#bytes = 0;
  }
}
