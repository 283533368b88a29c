/** How long one turn of the event loop may close: well below what delays a slot. */
const SLICE_MS = 5;

/** Closes something; must not throw. */
export type Close = () => void;

/**
 * Closes things a few at a time. To close a connection, or to note the end of a target, takes some 20 to 60 µs, and thousands of
 * targets may leave at once: the slots of the others must not wait for that.
 */
export class ClosingQueue {
  #waiting: Close[] = [];
  #turn: NodeJS.Immediate | undefined;

  /** Closes it soon. */
  add(close: Close): void {
    this.#waiting.push(close);
    this.#turn ??= setImmediate(() => this.#closeSome());
  }

  /** Closes at once what waits. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    // Closing one thing may bring others.
    for (let close = this.#waiting.pop(); close !== undefined; close = this.#waiting.pop()) close();
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  #closeSome(): void {
    const untilMs = performance.now() + SLICE_MS;
    while (this.#waiting.length > 0 && performance.now() < untilMs) this.#waiting.pop()?.();
    this.#turn = this.#waiting.length > 0 ? setImmediate(() => this.#closeSome()) : undefined;
  }
}
