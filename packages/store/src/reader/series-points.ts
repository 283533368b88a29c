import type { ChainGrid } from './chain-grid.ts';
import { putStaleMarker } from './stale-marker.ts';

const FIRST_POINTS = 16;

/** Points of a series: parallel arrays. */
export interface Points {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/** The slots of a target that were read. */
export interface SlotTimes {
  /** Slots by their time, as indices in the order of arrival. */
  readonly order: readonly number[];
  /** Time of each slot; NaN for one beyond the range, which is read for samples with times of their own alone. */
  readonly timestampsMs: Float64Array;
  /** Whether the order is that of arrival, and all times are within the range. */
  readonly isPlain: boolean;
}

/** The points of one series while they are gathered: which slot, which value, and a time of its own if it has one. */
export class SeriesPoints {
  length = 0;
  #firstSlot = 0;
  /** The slot of each point; `undefined` as long as the points are those of successive slots from the first on. */
  #slots: Int32Array | undefined;
  #words = new Uint32Array(0);
  #times: Float64Array | undefined;

  /** Adds a number that is no NaN with a payload. */
  push(slot: number, value: number): void {
    scratch[0] = value;
    this.pushWords(slot, scratchWords[0] ?? 0, scratchWords[1] ?? 0, undefined);
  }

  pushWords(slot: number, low: number, high: number, timestampMs: number | undefined): void {
    const at = this.length;
    if (at * 2 === this.#words.length) this.#reserve(Math.max(FIRST_POINTS, at * 2));
    if (at === 0) this.#firstSlot = slot;
    else if (this.#slots === undefined && slot !== this.#firstSlot + at) this.#slots = this.#successiveSlots();
    if (this.#slots !== undefined) this.#slots[at] = slot;
    this.#words[at * 2] = low;
    this.#words[at * 2 + 1] = high;
    if (timestampMs !== undefined) {
      this.#times ??= new Float64Array(this.#words.length / 2).fill(Number.NaN);
      this.#times[at] = timestampMs;
    }
    this.length = at + 1;
  }

  /**
   * Adds a row of a grid. O(places of the row).
   *
   * @param expected - how many points may come in all, this row included, for a series that has one in every slot
   */
  append(grid: ChainGrid, row: number, expected: number): void {
    const { slots, firstSlot, words, present, times } = grid;
    const from = row * grid.stride;
    const isFull = grid.counts[row] === slots && times === undefined;
    const isNext = this.length === 0 || (this.#slots === undefined && firstSlot === this.#firstSlot + this.length);
    if (!isFull || !isNext || slots === 0) {
      for (let at = from; at < from + slots; at++) {
        if (present[at] !== 1) continue;
        const own = times?.[at];
        this.pushWords(firstSlot + at - from, words[at * 2] ?? 0, words[at * 2 + 1] ?? 0, own);
      }
      return;
    }
    if (this.length === 0) this.#firstSlot = firstSlot;
    const end = this.length + slots;
    if (end * 2 > this.#words.length) this.#reserve(this.length === 0 ? Math.max(end, expected) : end * 2);
    const to = this.#words;
    for (let at = this.length * 2, read = from * 2; at < end * 2; at++, read++) to[at] = words[read] ?? 0;
    this.length = end;
  }

  /**
   * The points in the order of time, within the range, with a staleness marker where the series ceases. A point with a time
   * of its own is followed by none, as in Prometheus; of several points of one time the first of the first slot stays.
   *
   * Where the series has a point of its slot's time in every slot, the array of times is that of the slots, and that of the values
   * the one they were gathered in: nothing is copied.
   */
  finish({ order, timestampsMs, isPlain }: SlotTimes, fromMs: number, toMs: number): Points {
    const isGapless = this.#slots === undefined && this.#times === undefined;
    if (isPlain && isGapless && this.length === timestampsMs.length) {
      return { timestampsMs, values: new Float64Array(this.#words.buffer, 0, this.length) };
    }
    const pointOfSlot = new Int32Array(timestampsMs.length).fill(-1);
    for (let at = this.length - 1; at >= 0; at--) pointOfSlot[this.#slots?.[at] ?? this.#firstSlot + at] = at;
    // At most one marker after each point.
    const times = new Float64Array(this.length * 2);
    const values = new Float64Array(this.length * 2);
    const words = new Uint32Array(values.buffer);
    let count = 0;
    let mayCease = false;
    for (const slot of order) {
      const point = pointOfSlot[slot] ?? -1;
      const slotTime = timestampsMs[slot] ?? Number.NaN;
      if (point >= 0) {
        const own = this.#times?.[point] ?? Number.NaN;
        const time = Number.isNaN(own) ? slotTime : own;
        mayCease = Number.isNaN(own);
        // A slot beyond the range has no time: only what has one of its own comes from there.
        if (!(time >= fromMs && time <= toMs)) continue;
        times[count] = time;
        words[count * 2] = this.#words[point * 2] ?? 0;
        words[count * 2 + 1] = this.#words[point * 2 + 1] ?? 0;
        count++;
      } else if (mayCease && !Number.isNaN(slotTime)) {
        mayCease = false;
        times[count] = slotTime;
        putStaleMarker(words, count);
        count++;
      }
    }
    const points = { timestampsMs: times.slice(0, count), values: values.slice(0, count) };
    return this.#times === undefined ? points : inOrder(points);
  }

  #successiveSlots(): Int32Array {
    const slots = new Int32Array(this.#words.length / 2);
    for (let at = 0; at < this.length; at++) slots[at] = this.#firstSlot + at;
    return slots;
  }

  #reserve(size: number): void {
    const words = new Uint32Array(size * 2);
    words.set(this.#words);
    this.#words = words;
    if (this.#slots !== undefined) {
      const slots = new Int32Array(size);
      slots.set(this.#slots);
      this.#slots = slots;
    }
    if (this.#times === undefined) return;
    const times = new Float64Array(size).fill(Number.NaN);
    times.set(this.#times);
    this.#times = times;
  }
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** Sorts points by their times; of equal ones the first stays. O(n log n), O(n) where they are in order. */
function inOrder(points: Points): Points {
  const { timestampsMs, values } = points;
  let isAscending = true;
  for (let at = 1; at < timestampsMs.length && isAscending; at++) {
    isAscending = (timestampsMs[at] ?? 0) > (timestampsMs[at - 1] ?? 0);
  }
  if (isAscending) return points;
  const order = Array.from(timestampsMs.keys());
  order.sort((left, right) => (timestampsMs[left] ?? 0) - (timestampsMs[right] ?? 0) || left - right);
  const times = new Float64Array(order.length);
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const sorted = new Float64Array(order.length);
  const words = new Uint32Array(sorted.buffer);
  let count = 0;
  for (const at of order) {
    const time = timestampsMs[at] ?? 0;
    if (count > 0 && times[count - 1] === time) continue;
    times[count] = time;
    // By words: a NaN's payload need not survive a move through a double.
    words[count * 2] = from[at * 2] ?? 0;
    words[count * 2 + 1] = from[at * 2 + 1] ?? 0;
    count++;
  }
  return { timestampsMs: times.slice(0, count), values: sorted.slice(0, count) };
}
