interface Link<T> {
  readonly value: T;
  next: Link<T> | undefined;
}

/** A first-in first-out queue with O(1) steps at any length, which an array has not (`shift` moves the rest). */
export class LinkedQueue<T> {
  #head: Link<T> | undefined;
  #tail: Link<T> | undefined;

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  /** Puts `value` behind all others. */
  push(value: T): void {
    const link: Link<T> = { value, next: undefined };
    if (this.#tail === undefined) this.#head = link;
    else this.#tail.next = link;
    this.#tail = link;
  }

  /** Puts `value` before all others. */
  unshift(value: T): void {
    this.#head = { value, next: this.#head };
    this.#tail ??= this.#head;
  }

  /** Takes the first one out; undefined when there is none. */
  shift(): T | undefined {
    const link = this.#head;
    if (link === undefined) return undefined;
    this.#head = link.next;
    if (this.#head === undefined) this.#tail = undefined;
    return link.value;
  }
}
