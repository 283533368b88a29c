import { NEWLINE } from './byte-class.ts';
import { hashBytes, SeriesIndex } from './series-index.ts';

/** Keys that are looked at in one step: about a millisecond. */
const KEYS_A_STEP = 4096;

/**
 * Where the series keys of `next` are in `previous`, step by step: for each its number there, −1 for one that is new. Neither list, as an
 * `Exposition` has them, may have a key twice. Linear; holds 12 bytes a key of `previous`.
 *
 * @param size - How many keys `next` has.
 */
export function* locateKeys(previous: Uint8Array, next: Uint8Array, size: number): Generator<undefined, Int32Array> {
  const index = new SeriesIndex();
  for (let at = 0; at < previous.length;) {
    const end = previous.indexOf(NEWLINE, at) + 1;
    index.add(previous, at, end, hashBytes(previous, at, end));
    at = end;
    if (index.size % KEYS_A_STEP === 0) yield;
  }
  const places = new Int32Array(size);
  let start = 0;
  for (let key = 0; key < size; key++) {
    const end = next.indexOf(NEWLINE, start) + 1;
    places[key] = index.find(previous, next, start, end, hashBytes(next, start, end));
    start = end;
    if (key % KEYS_A_STEP === KEYS_A_STEP - 1) yield;
  }
  return places;
}
