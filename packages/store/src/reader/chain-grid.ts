import type { ChainDecoder } from '../codec/chain-decoder.ts';
import { ABSENT, MODE_SHIFT } from '../codec/series-model.ts';

/**
 * The wanted values of one chain while it is decoded: a row for each wanted column, a place in it for each slot. What the
 * rows hold is copied out at the end of the chain, so that one grid serves chain after chain.
 */
export class ChainGrid {
  /** Places of a row that are in use. */
  slots = 0;
  /** Places of a row: the place of a slot in row r is `r * stride` further. */
  stride = 0;
  /** The slot of the first place. */
  firstSlot = 0;
  /** Two words a place. */
  words: Int32Array = new Int32Array(0);
  /** 1 where there is a value. */
  present: Uint8Array = new Uint8Array(0);
  /** Values in each row. */
  counts: Int32Array = new Int32Array(0);
  /** Explicit times where the chain has any: NaN for none. */
  times: Float64Array | undefined;
  #columns: Int32Array = new Int32Array(0);

  /** Starts over, for a chain of at most `stride` slots of the range. */
  begin(columns: Int32Array, firstSlot: number, stride: number): void {
    const places = columns.length * stride;
    if (places > this.present.length) {
      this.words = new Int32Array(places * 2);
      this.present = new Uint8Array(places);
    } else this.present.fill(0, 0, places);
    this.counts = new Int32Array(columns.length);
    this.times = undefined;
    this.#columns = columns;
    this.stride = stride;
    this.firstSlot = firstSlot;
    this.slots = 0;
  }

  /** Takes the values that the decoder has now, as those of a slot. O(columns). */
  take(decoder: ChainDecoder, slot: number): void {
    const { words, present, counts, stride } = this;
    const columns = this.#columns;
    const { words: from, controls, size } = decoder.state;
    const place = slot - this.firstSlot;
    for (let row = 0; row < columns.length; row++) {
      const column = columns[row] ?? 0;
      if (column >= size || (controls[column] ?? 0) >>> MODE_SHIFT === ABSENT) continue;
      const at = row * stride + place;
      // By words: a NaN's payload need not survive a move through a double.
      words[at * 2] = from[column * 2] ?? 0;
      words[at * 2 + 1] = from[column * 2 + 1] ?? 0;
      present[at] = 1;
      counts[row] = (counts[row] ?? 0) + 1;
    }
    if (decoder.hasTimes) this.#takeTimes(decoder, place);
  }

  #takeTimes(decoder: ChainDecoder, place: number): void {
    const columns = this.#columns;
    this.times ??= new Float64Array(columns.length * this.stride).fill(Number.NaN);
    for (let row = 0; row < columns.length; row++) {
      const column = columns[row] ?? 0;
      if (column < decoder.state.size && decoder.hasTime(column)) {
        this.times[row * this.stride + place] = decoder.times?.values[column] ?? Number.NaN;
      }
    }
  }
}
