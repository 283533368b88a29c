/** What waits for one moment. */
interface Bucket<T> {
  readonly dueMs: number;
  readonly items: T[];
}

/**
 * Items by the moment they are due. All items of one moment share a bucket, and the heap holds one entry a bucket: with
 * phases on a 50 ms grid a thousand targets are some twenty buckets.
 *
 * `push` is O(log buckets) for a new moment and O(1) for a known one; `popDue` is O(items + buckets popped × log
 * buckets). There is no removal: whoever pops an item asks whether it still counts.
 */
export class DueQueue<T> {
  readonly #byTime = new Map<number, Bucket<T>>();
  readonly #heap: Bucket<T>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The earliest moment that anything is due; undefined when nothing waits. */
  get nextDueMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  push(dueMs: number, item: T): void {
    this.#size += 1;
    const known = this.#byTime.get(dueMs);
    if (known !== undefined) {
      known.items.push(item);
      return;
    }
    const bucket: Bucket<T> = { dueMs, items: [item] };
    this.#byTime.set(dueMs, bucket);
    this.#heap.push(bucket);
    this.#siftUp(this.#heap.length - 1);
  }

  /** Takes out everything due at or before `nowMs`, earliest first; in the order of `push` within one moment. */
  popDue(nowMs: number): T[] {
    const due: T[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.#heap[0]) {
      this.#removeFirst();
      this.#byTime.delete(first.dueMs);
      for (const item of first.items) due.push(item);
    }
    this.#size -= due.length;
    return due;
  }

  clear(): void {
    this.#byTime.clear();
    this.#heap.length = 0;
    this.#size = 0;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown(0);
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (this.#isBefore(left, least)) least = left;
      if (this.#isBefore(right, least)) least = right;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    return first !== undefined && second !== undefined && first.dueMs < second.dueMs;
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
