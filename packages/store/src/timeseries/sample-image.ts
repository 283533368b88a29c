import { digitsOf, MOST_DECIMAL_BYTES, putDecimal } from './decimal-text.ts';

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const DOLLAR = 36;
const ZERO = 48;
/** `$25\r\n` before a value, and the line's end behind it. */
const VALUE_FRAMING_BYTES = 7;
/** `$13\r\n`, a time in Unix milliseconds of at most 16 digits, the line's end. */
const MOST_TIME_BYTES = 23;

/**
 * The arguments of `TS.MADD` for the series of a target, kept from scrape to scrape as one piece of bytes: key, time and
 * value of each series that has a value, one behind the other. A further scrape writes the new time and the values that
 * changed into it; only where a text becomes longer or shorter, or a series comes or goes, are the bytes behind it moved.
 *
 * Memory: some 60 bytes a series and twice the bytes of its arguments.
 */
export class SampleImage {
  readonly #keys: readonly Buffer[];
  readonly #keyBytes: Int32Array;
  readonly #texts: Uint8Array;
  readonly #values: Float64Array;
  /** Bytes of each value's text in the image, 0 for a series that is not in it; and as they are to be. */
  #lengths: Uint8Array;
  #nextLengths: Uint8Array;
  readonly #changed: Uint8Array;
  #starts: Int32Array;
  #nextStarts: Int32Array;
  #bytes: Buffer;
  #spare: Buffer;
  #timeDigits = 0;
  #slotMs = 0;

  /** @param keys - of each series, as an argument of a request */
  constructor(keys: readonly Buffer[]) {
    const size = keys.length;
    this.#keys = keys;
    this.#keyBytes = Int32Array.from(keys, (key) => key.length);
    this.#texts = new Uint8Array(size * MOST_DECIMAL_BYTES);
    this.#values = new Float64Array(size);
    this.#lengths = new Uint8Array(size);
    this.#nextLengths = new Uint8Array(size);
    this.#changed = new Uint8Array(size);
    this.#starts = new Int32Array(size + 1);
    this.#nextStarts = new Int32Array(size + 1);
    let mostBytes = 0;
    for (const key of keys) mostBytes += key.length + MOST_TIME_BYTES + VALUE_FRAMING_BYTES + MOST_DECIMAL_BYTES;
    this.#bytes = Buffer.allocUnsafeSlow(mostBytes);
    this.#spare = Buffer.allocUnsafeSlow(mostBytes);
  }

  get size(): number {
    return this.#keys.length;
  }

  /**
   * Takes over the samples of a scrape.
   *
   * @param present - 1 for each series that has a value, which must be finite
   */
  update(slotMs: number, values: Float64Array, present: Uint8Array): void {
    const timeDigits = digitsOf(slotMs);
    const before = this.#timeDigits;
    const isLike = this.#takeTexts(values, present) && timeDigits === before;
    if (!isLike) this.#layOut(slotMs, timeDigits);
    this.#patch(slotMs, timeDigits, before === timeDigits ? commonDigits(slotMs, this.#slotMs, timeDigits) : 0);
    this.#slotMs = slotMs;
  }

  /** Whether a series is in the image. */
  has(series: number): boolean {
    return this.#lengths[series] !== 0;
  }

  /** The arguments of the series from one up to before another. A view that holds until the next update. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#starts[from], this.#starts[to]);
  }

  /** Notes the texts of values that changed. @returns whether all texts are as long as they were */
  #takeTexts(values: Float64Array, present: Uint8Array): boolean {
    const size = this.size;
    const known = this.#values;
    const lengths = this.#lengths;
    const nextLengths = this.#nextLengths;
    const changed = this.#changed;
    let isLike = true;
    for (let series = 0; series < size; series++) {
      changed[series] = 0;
      const before = lengths[series] ?? 0;
      if (present[series] === 0) {
        nextLengths[series] = 0;
        if (before !== 0) isLike = false;
        continue;
      }
      const value = values[series] ?? 0;
      // 0 and −0 are equal and have other texts.
      if (before !== 0 && value === known[series] && (value !== 0 || Object.is(value, known[series]))) {
        nextLengths[series] = before;
        continue;
      }
      const length = putDecimal(this.#texts, series * MOST_DECIMAL_BYTES, value);
      known[series] = value;
      nextLengths[series] = length;
      changed[series] = 1;
      if (length !== before) isLike = false;
    }
    return isLike;
  }

  /** Moves what stays to its new place, in runs, and frames what came or changed its length. */
  #layOut(slotMs: number, timeDigits: number): void {
    const size = this.size;
    const mayStay = timeDigits === this.#timeDigits;
    const target = this.#spare;
    let position = 0;
    for (let series = 0; series < size;) {
      const runFrom = series;
      while (series < size && mayStay && this.#lengths[series] === this.#nextLengths[series]) series++;
      if (series > runFrom) {
        const from = this.#starts[runFrom] ?? 0;
        const to = this.#starts[series] ?? 0;
        this.#bytes.copy(target, position, from, to);
        for (let moved = runFrom; moved < series; moved++) {
          this.#nextStarts[moved] = (this.#starts[moved] ?? 0) - from + position;
        }
        position += to - from;
        continue;
      }
      this.#nextStarts[series] = position;
      const length = this.#nextLengths[series] ?? 0;
      if (length > 0) {
        position = this.#frame(target, position, series, slotMs, timeDigits);
        this.#changed[series] = 1;
      }
      series++;
    }
    this.#nextStarts[size] = position;
    [this.#bytes, this.#spare] = [this.#spare, this.#bytes];
    [this.#starts, this.#nextStarts] = [this.#nextStarts, this.#starts];
    this.#lengths.set(this.#nextLengths);
    this.#timeDigits = timeDigits;
  }

  /** Everything of a series' arguments but the texts of time and value. */
  #frame(target: Buffer, at: number, series: number, slotMs: number, timeDigits: number): number {
    const key = this.#keys[series];
    if (key === undefined) return at;
    target.set(key, at);
    let position = putLength(target, at + key.length, timeDigits);
    position = putLineEnd(target, position + putDecimal(target, position, slotMs));
    const length = this.#nextLengths[series] ?? 0;
    position = putLength(target, position, length);
    return putLineEnd(target, position + length);
  }

  /**
   * Writes the time of all and the texts of those that changed.
   *
   * @param rightDigits - leading digits of the time that are as they were
   */
  #patch(slotMs: number, timeDigits: number, rightDigits: number): void {
    const bytes = this.#bytes;
    const starts = this.#starts;
    const lengths = this.#lengths;
    const keyBytes = this.#keyBytes;
    const changed = this.#changed;
    const texts = this.#texts;
    const digits = new Uint8Array(timeDigits);
    putDecimal(digits, 0, slotMs);
    const firstDigitAt = digitsOf(timeDigits) + 3 + rightDigits;
    for (let series = 0; series < lengths.length; series++) {
      const length = lengths[series] ?? 0;
      if (length === 0) continue;
      let timeAt = (starts[series] ?? 0) + (keyBytes[series] ?? 0) + firstDigitAt;
      for (let digit = rightDigits; digit < timeDigits; digit++) bytes[timeAt++] = digits[digit] ?? ZERO;
      if (changed[series] === 0) continue;
      const valueAt = (starts[series + 1] ?? 0) - length - 2;
      const textAt = series * MOST_DECIMAL_BYTES;
      for (let index = 0; index < length; index++) bytes[valueAt + index] = texts[textAt + index] ?? ZERO;
    }
  }
}

/** How many leading digits two numbers of the same number of digits share. */
function commonDigits(left: number, right: number, digits: number): number {
  let common = digits;
  for (let scale = 1; common > 0; scale *= 10, common--) {
    if (Math.floor(left / scale) === Math.floor(right / scale)) break;
  }
  return common;
}

/** `$<length>\r\n`; a length below 100. */
function putLength(target: Buffer, at: number, length: number): number {
  let position = at;
  target[position++] = DOLLAR;
  if (length >= 10) target[position++] = ZERO + Math.floor(length / 10);
  target[position++] = ZERO + (length % 10);
  return putLineEnd(target, position);
}

function putLineEnd(target: Buffer, at: number): number {
  target[at] = CARRIAGE_RETURN;
  target[at + 1] = LINE_FEED;
  return at + 2;
}
