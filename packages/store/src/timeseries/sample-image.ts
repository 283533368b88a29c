import { digitsOf, putDecimal } from './decimal-text.ts';
import { MOST_WIDTH, putPadded, widthFor } from './padded-decimal.ts';

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const DOLLAR = 36;
const ZERO = 48;
/** `\r\n$10\r\n` between time and value: a value takes 10 bytes at least. */
const BEFORE_VALUE_BYTES = 7;
const LINE_END_BYTES = 2;
/** `$13\r\n`, a time in Unix milliseconds of at most 16 digits; what is before and behind the value. */
const MOST_FRAMING_BYTES = 21 + BEFORE_VALUE_BYTES + LINE_END_BYTES;

/** Where an image is put together anew; all images share it, as that is done at one go. */
let workbench = Buffer.alloc(0);

/**
 * The arguments of `TS.MADD` for the series of a target, kept from scrape to scrape as one piece of bytes: key, time and
 * value of each series that has a value, one behind the other. A further scrape writes the digits of the time that are
 * others and the values that changed into it. Texts of values have room to spare, filled with zeros that change nothing;
 * only where one outgrows it, or a series comes or goes, is anything moved.
 *
 * Memory: some 30 bytes a series and the bytes of its arguments.
 */
export class SampleImage {
  readonly #keys: readonly Buffer[];
  /** As they are in the image; NaN for a series that is not in it. */
  readonly #values: Float64Array;
  /** Bytes of each value's text, 0 for a series that is not in the image; and as they are to be. */
  readonly #widths: Uint8Array;
  readonly #nextWidths: Uint8Array;
  readonly #valuesAt: Int32Array;
  /** Where the arguments of each sample begin, by its place in the image, and where the last end. */
  readonly #starts: Int32Array;
  #bytes = Buffer.alloc(0);
  #count = 0;
  #slotMs = 0;
  #time = new Uint8Array(0);

  /** @param keys - of each series, as an argument of a request */
  constructor(keys: readonly Buffer[]) {
    const size = keys.length;
    this.#keys = keys;
    this.#values = new Float64Array(size).fill(Number.NaN);
    this.#widths = new Uint8Array(size);
    this.#nextWidths = new Uint8Array(size);
    this.#valuesAt = new Int32Array(size);
    this.#starts = new Int32Array(size + 1);
  }

  /** Samples in the image. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes over the samples of a scrape.
   *
   * @param values - of each series; one that is not finite stands for none
   */
  update(slotMs: number, values: Float64Array): void {
    const time = this.#time.length === digitsOf(slotMs) ? this.#time : this.#newTime(slotMs);
    const [from, to] = differingDigits(slotMs, this.#slotMs, time.length);
    putDecimal(time, 0, slotMs);
    this.#slotMs = slotMs;
    if (!this.#patch(values, from, to)) this.#layOut();
  }

  /** The arguments of the samples from one place up to before another. A view that holds until the next update. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#starts[from], this.#starts[to]);
  }

  /** The time has another number of digits: everything is to be framed anew. */
  #newTime(slotMs: number): Uint8Array {
    this.#widths.fill(0);
    this.#values.fill(Number.NaN);
    this.#time = new Uint8Array(digitsOf(slotMs));
    return this.#time;
  }

  /**
   * Writes digits of the time, and the values that are others.
   *
   * @returns whether that is all there is to do
   */
  #patch(values: Float64Array, fromDigit: number, toDigit: number): boolean {
    const bytes = this.#bytes;
    const known = this.#values;
    const widths = this.#widths;
    const nextWidths = this.#nextWidths;
    const valuesAt = this.#valuesAt;
    const time = this.#time;
    const timeBefore = BEFORE_VALUE_BYTES + time.length;
    let isDone = true;
    for (let series = 0; series < known.length; series++) {
      const value = values[series] ?? 0;
      const before = known[series] ?? 0;
      const valueAt = valuesAt[series] ?? 0;
      // 0 and −0 are equal and have other texts.
      if (value !== before || (value === 0 && !Object.is(value, before))) {
        const width = widths[series] ?? 0;
        // NaN for an infinity, too.
        const isFinite = value - value === 0;
        known[series] = isFinite ? value : Number.NaN;
        if (!isFinite || width === 0 || !putPadded(bytes, valueAt, width, value)) {
          const nextWidth = isFinite ? widthFor(value) : 0;
          nextWidths[series] = nextWidth;
          if (nextWidth !== width) isDone = false;
          continue;
        }
      }
      const timeAt = valueAt - timeBefore;
      for (let digit = fromDigit; digit < toDigit; digit++) bytes[timeAt + digit] = time[digit] ?? ZERO;
    }
    return isDone;
  }

  /** Moves what stays to its new place, in runs, and frames what came or has another width. */
  #layOut(): void {
    const { length: size } = this.#keys;
    const widths = this.#widths;
    const nextWidths = this.#nextWidths;
    const valuesAt = this.#valuesAt;
    const target = this.#workbench();
    let position = 0;
    let count = 0;
    for (let series = 0; series < size;) {
      const runFrom = series;
      let end = -1;
      let start = -1;
      for (; series < size && widths[series] === nextWidths[series]; series++) {
        const width = widths[series] ?? 0;
        if (width === 0) continue;
        const valueAt = valuesAt[series] ?? 0;
        const ownStart = this.#startOf(series);
        if (start < 0) start = ownStart;
        end = valueAt + width + LINE_END_BYTES;
        this.#starts[count++] = ownStart - start + position;
        valuesAt[series] = valueAt - start + position;
      }
      if (start >= 0) {
        this.#bytes.copy(target, position, start, end);
        position += end - start;
      }
      if (series > runFrom) continue;
      if ((nextWidths[series] ?? 0) > 0) {
        this.#starts[count++] = position;
        position = this.#frame(target, position, series);
      }
      series++;
    }
    this.#starts[count] = position;
    this.#count = count;
    widths.set(nextWidths);
    if (position > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(position + (position >>> 4));
    target.copy(this.#bytes, 0, 0, position);
  }

  #startOf(series: number): number {
    const time = this.#time.length;
    const key = this.#keys[series]?.length ?? 0;
    return (this.#valuesAt[series] ?? 0) - BEFORE_VALUE_BYTES - time - lengthBytes(time) - key;
  }

  #workbench(): Buffer {
    let most = 0;
    for (const key of this.#keys) most += key.length + MOST_FRAMING_BYTES + MOST_WIDTH;
    if (workbench.length < most) workbench = Buffer.allocUnsafeSlow(most);
    return workbench;
  }

  /** Writes the arguments of a series. @returns where they end */
  #frame(target: Buffer, at: number, series: number): number {
    const key = this.#keys[series];
    const time = this.#time;
    const width = this.#nextWidths[series] ?? 0;
    if (key === undefined) return at;
    target.set(key, at);
    let position = putLength(target, at + key.length, time.length);
    target.set(time, position);
    position = putLength(target, putLineEnd(target, position + time.length), width);
    this.#valuesAt[series] = position;
    putPadded(target, position, width, this.#values[series] ?? 0);
    return putLineEnd(target, position + width);
  }
}

/** Which of the decimal digits of two numbers, left-padded to `digits`, differ: from the first up to behind the last. */
function differingDigits(left: number, right: number, digits: number): [from: number, to: number] {
  let from = digits;
  let to = 0;
  let leftRest = left;
  let rightRest = right;
  for (let digit = digits - 1; digit >= 0; digit--) {
    const leftNext = Math.floor(leftRest / 10);
    const rightNext = Math.floor(rightRest / 10);
    if (leftRest - leftNext * 10 !== rightRest - rightNext * 10) {
      from = digit;
      to = Math.max(to, digit + 1);
    }
    leftRest = leftNext;
    rightRest = rightNext;
  }
  return [from, to];
}

/** Bytes of `$<length>\r\n` for a length below 100. */
function lengthBytes(length: number): number {
  return length < 10 ? 4 : 5;
}

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
  return at + LINE_END_BYTES;
}
