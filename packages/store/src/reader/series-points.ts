import { putStaleMarker } from './stale-marker.ts';

const FIRST_POINTS = 16;

/** The points of one series while they are gathered: which slot, which value, and a time of its own if it has one. */
export class SeriesPoints {
  length = 0;
  #slots = new Int32Array(FIRST_POINTS);
  #words = new Uint32Array(FIRST_POINTS * 2);
  #times: Float64Array | undefined;

  /** Adds a number that is no NaN with a payload. */
  push(slot: number, value: number): void {
    scratch[0] = value;
    this.pushWords(slot, scratchWords[0] ?? 0, scratchWords[1] ?? 0, undefined);
  }

  pushWords(slot: number, low: number, high: number, timestampMs: number | undefined): void {
    const at = this.length;
    if (at === this.#slots.length) this.#grow(at * 2);
    this.#slots[at] = slot;
    this.#words[at * 2] = low;
    this.#words[at * 2 + 1] = high;
    if (timestampMs !== undefined) {
      this.#times ??= new Float64Array(this.#slots.length).fill(Number.NaN);
      this.#times[at] = timestampMs;
    }
    this.length = at + 1;
  }

  /**
   * The points in the order of slots, within the range, with a staleness marker where the series ceases.
   *
   * @param order - slot indices in the order of time
   * @param timestampsMs - time of each slot
   */
  finish(
    order: readonly number[],
    timestampsMs: Float64Array,
    fromMs: number,
    toMs: number,
  ): { timestampsMs: Float64Array; values: Float64Array } {
    const pointOfSlot = new Int32Array(timestampsMs.length).fill(-1);
    for (let at = 0; at < this.length; at++) pointOfSlot[this.#slots[at] ?? 0] = at;
    // At most one marker after each point.
    const times = new Float64Array(this.length * 2);
    const values = new Float64Array(this.length * 2);
    const words = new Uint32Array(values.buffer);
    let count = 0;
    let isPresent = false;
    for (const slot of order) {
      const point = pointOfSlot[slot] ?? -1;
      if (point >= 0) {
        const own = this.#times?.[point] ?? Number.NaN;
        const time = Number.isNaN(own) ? (timestampsMs[slot] ?? 0) : own;
        isPresent = true;
        if (time < fromMs || time > toMs) continue;
        times[count] = time;
        words[count * 2] = this.#words[point * 2] ?? 0;
        words[count * 2 + 1] = this.#words[point * 2 + 1] ?? 0;
        count++;
      } else if (isPresent) {
        isPresent = false;
        times[count] = timestampsMs[slot] ?? 0;
        putStaleMarker(words, count);
        count++;
      }
    }
    return { timestampsMs: times.slice(0, count), values: values.slice(0, count) };
  }

  #grow(size: number): void {
    const slots = new Int32Array(size);
    slots.set(this.#slots);
    this.#slots = slots;
    const words = new Uint32Array(size * 2);
    words.set(this.#words);
    this.#words = words;
    if (this.#times === undefined) return;
    const times = new Float64Array(size).fill(Number.NaN);
    times.set(this.#times);
    this.#times = times;
  }
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
