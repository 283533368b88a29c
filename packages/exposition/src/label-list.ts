import { BACKSLASH } from './byte-class.ts';

/** The string holds bytes above 0x7f. */
export const NOT_ASCII = 1;
/** The string holds a backslash. */
export const ESCAPED = 2;
/** As written, the string is not its own canonical escape: it holds a raw newline or an escape other than `\\`, `\"`, `\n`. */
export const NOT_CANONICAL = 4;
/** The name was written in quotes. */
export const QUOTED = 8;

const STRIDE = 6;
const INITIAL_LABELS = 16;
/** From here on insertion sort would let one hostile sample cost quadratic time. */
const INSERTION_SORT_MAX = 64;

/**
 * The labels of one sample as offsets into the body: six integers a label, reused from sample to sample.
 * Names and values are without their quotes, escapes still in place.
 */
export class LabelList {
  #fields = new Int32Array(INITIAL_LABELS * STRIDE);
  length = 0;
  /** All flags of all names, or-ed together. */
  nameFlags = 0;
  /** All flags of all values, or-ed together. */
  valueFlags = 0;
  /** Some value is empty. */
  hasEmptyValue = false;

  clear(): void {
    this.length = 0;
    this.nameFlags = 0;
    this.valueFlags = 0;
    this.hasEmptyValue = false;
  }

  push(
    nameStart: number,
    nameEnd: number,
    nameFlags: number,
    valueStart: number,
    valueEnd: number,
    valueFlags: number,
  ): void {
    const base = this.length * STRIDE;
    if (base === this.#fields.length) this.#grow();
    const fields = this.#fields;
    fields[base] = nameStart;
    fields[base + 1] = nameEnd;
    fields[base + 2] = valueStart;
    fields[base + 3] = valueEnd;
    fields[base + 4] = nameFlags;
    fields[base + 5] = valueFlags;
    this.nameFlags |= nameFlags;
    this.valueFlags |= valueFlags;
    if (valueStart === valueEnd) this.hasEmptyValue = true;
    this.length++;
  }

  nameStart(i: number): number {
    return this.#fields[i * STRIDE] ?? 0;
  }

  nameEnd(i: number): number {
    return this.#fields[i * STRIDE + 1] ?? 0;
  }

  valueStart(i: number): number {
    return this.#fields[i * STRIDE + 2] ?? 0;
  }

  valueEnd(i: number): number {
    return this.#fields[i * STRIDE + 3] ?? 0;
  }

  flagsOfName(i: number): number {
    return this.#fields[i * STRIDE + 4] ?? 0;
  }

  flagsOfValue(i: number): number {
    return this.#fields[i * STRIDE + 5] ?? 0;
  }

  /**
   * Sorts by the bytes of the names.
   * @returns whether they were in order already. Equal names end up side by side.
   */
  sort(body: Uint8Array): boolean {
    let isSorted = true;
    for (let i = 1; i < this.length && isSorted; i++) isSorted = this.#compareNames(body, i - 1, i) <= 0;
    if (isSorted) return true;
    if (this.length > INSERTION_SORT_MAX) this.#sortMany(body);
    else this.#sortFew(body);
    return false;
  }

  /** Index of the first label whose name equals the one before it, or -1. To be called after `sort`. */
  firstDuplicate(body: Uint8Array): number {
    for (let i = 1; i < this.length; i++) if (this.#compareNames(body, i - 1, i) === 0) return i;
    return -1;
  }

  #sortFew(body: Uint8Array): void {
    const fields = this.#fields;
    for (let i = 1; i < this.length; i++) {
      for (let k = i; k > 0 && this.#compareNames(body, k - 1, k) > 0; k--) {
        const base = k * STRIDE;
        for (let field = base; field < base + STRIDE; field++) {
          const kept = fields[field] ?? 0;
          fields[field] = fields[field - STRIDE] ?? 0;
          fields[field - STRIDE] = kept;
        }
      }
    }
  }

  #sortMany(body: Uint8Array): void {
    const order = Array.from({ length: this.length }, (_, i) => i);
    order.sort((a, b) => this.#compareNames(body, a, b));
    const before = this.#fields.slice();
    order.forEach((from, to) => {
      this.#fields.set(before.subarray(from * STRIDE, (from + 1) * STRIDE), to * STRIDE);
    });
  }

  #compareNames(body: Uint8Array, a: number, b: number): number {
    const fields = this.#fields;
    let i = fields[a * STRIDE] ?? 0;
    let k = fields[b * STRIDE] ?? 0;
    const aEnd = fields[a * STRIDE + 1] ?? 0;
    const bEnd = fields[b * STRIDE + 1] ?? 0;
    while (i < aEnd && k < bEnd) {
      const difference = (body[i++] ?? 0) - (body[k++] ?? 0);
      if (difference !== 0) return difference;
    }
    return aEnd - i - (bEnd - k);
  }

  #grow(): void {
    const larger = new Int32Array(this.#fields.length * 2);
    larger.set(this.#fields);
    this.#fields = larger;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes `body[start, end)`, known to be UTF-8, undoing `\\`, `\"` and `\n`. Other backslashes stand for themselves. */
export function decodeString(body: Uint8Array, start: number, end: number, flags: number): string {
  const text = decoder.decode(body.subarray(start, end));
  return (flags & ESCAPED) === 0 ? text : unescapeString(text);
}

/** Undoes the escapes of label values, names and OpenMetrics help: `\\`, `\"`, `\n`. */
export function unescapeString(text: string): string {
  return text.replace(/\\[\\"n]/g, (escape) => (escape === '\\n' ? '\n' : escape.charAt(1)));
}

/** Undoes the escapes of help in the Prometheus text format: `\\` and `\n`. */
export function unescapeTextHelp(text: string): string {
  return text.replace(/\\[\\n]/g, (escape) => (escape === '\\n' ? '\n' : '\\'));
}

/** Whether any of `body[start, end)` is a backslash. */
export function hasBackslash(body: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (body[i] === BACKSLASH) return true;
  return false;
}
