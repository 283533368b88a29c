import type { Socket } from 'node:net';

import type { NarrowLane } from './narrow-lane.ts';

interface Held {
  /** `undefined` is the end of the stream. */
  chunk: Buffer | undefined;
  dueMs: number;
}

/** What a direction of a link does to its bytes. */
export interface PipeFaults {
  readonly isStalled: boolean;
  readonly delayMs: number;
  /** Shared by the connections of a narrow link. */
  readonly lane: NarrowLane | undefined;
}

/** One direction of a proxied connection: forwards in order, holds while stalled, delays by a fixed time or by what a narrow link takes. */
export class ProxyPipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #admit: (bytes: number) => number;
  readonly #held: Held[] = [];
  #isStalled = false;
  #delayMs = 0;
  #lane: NarrowLane | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `admit` says how many bytes of a chunk may pass; fewer than all of it resets the connection behind them. */
  constructor(from: Socket, to: Socket, admit: (bytes: number) => number) {
    this.#from = from;
    this.#to = to;
    this.#admit = admit;
    from.on('data', (chunk: Buffer) => this.#hold(chunk));
    from.on('end', () => this.#hold(undefined));
    from.on('close', () => clearTimeout(this.#timer));
    to.on('drain', () => {
      if (!this.#isStalled) from.resume();
    });
  }

  /** Changes the faults of this direction; what was held goes out when it may. */
  set(faults: PipeFaults): void {
    this.#isStalled = faults.isStalled;
    this.#delayMs = faults.delayMs;
    this.#lane = faults.lane;
    // A paused source fills the kernel's buffers and then blocks its sender, as lost packets do.
    if (faults.isStalled) this.#from.pause();
    else this.#from.resume();
    this.#pump();
  }

  #hold(chunk: Buffer | undefined): void {
    const sentMs = this.#lane?.takeMs(chunk?.length ?? 0) ?? performance.now();
    this.#held.push({ chunk, dueMs: sentMs + this.#delayMs });
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#isStalled) {
      const next = this.#held[0];
      if (next === undefined) return;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0 && (this.#delayMs > 0 || this.#lane !== undefined)) {
        this.#timer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      this.#held.shift();
      this.#forward(next.chunk);
    }
  }

  #forward(chunk: Buffer | undefined): void {
    if (this.#to.destroyed) return;
    if (chunk === undefined) {
      this.#to.end();
      return;
    }
    const allowed = this.#admit(chunk.length);
    if (allowed < chunk.length) {
      // A FIN behind the part that may pass: a reset could overtake it and throw it away at the receiver.
      this.#to.end(chunk.subarray(0, allowed), () => this.#to.destroy());
      return;
    }
    if (!this.#to.write(chunk)) this.#from.pause();
  }
}
