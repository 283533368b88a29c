import type { FrameKind } from '../codec/frame-header.ts';

const FIRST_BYTES = 512;

/** Memory for more frames is taken in steps of this part of what is needed, 64 KiB at most: there is a log for each target. */
const GROWTH = 1 / 8;
const MOST_GROWTH_BYTES = 65_536;

/** Memory that frames leave free is given back when it is more than this many times what is needed: mostly more frames come. */
const SPARE_FACTOR = 3;

/** One frame of a log; `bytes` is a view that holds until the log changes. */
export interface LoggedFrame {
  readonly slotMs: number;
  readonly kind: FrameKind;
  /** Whether it can be read without the frame before it. */
  readonly isIndependent: boolean;
  readonly bytes: Buffer;
}

/**
 * The frames of one target, oldest first: those that Redis has acknowledged and that are kept to be written again, then
 * those that wait. All bytes lie in one piece of memory; an entry costs some 32 bytes beside them.
 *
 * The first entry is always independent, so everything in the log can be decoded.
 */
export class TargetLog {
  #bytes = Buffer.alloc(0);
  #ends: number[] = [];
  #slots: number[] = [];
  #kinds: (FrameKind | 'lone')[] = [];
  /** Ascending; a gap where frames were removed from the end. */
  #numbers: number[] = [];
  #nextNumber = 0;
  /** Entries at the front that are acknowledged. */
  acknowledged = 0;

  get length(): number {
    return this.#ends.length;
  }

  get waiting(): number {
    return this.#ends.length - this.acknowledged;
  }

  /** Bytes of all frames. */
  get byteLength(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** Memory held, for bounding it. */
  get heldBytes(): number {
    return this.#bytes.length + this.#ends.length * 32;
  }

  /**
   * Names the frame at an index for as long as it is there: what came in between does not change it. A frame that was
   * encoded again is another one.
   */
  numberAt(index: number): number {
    return this.#numbers[index] ?? this.#nextNumber;
  }

  /** Where the frame of a number is; −1 when it is gone. O(log frames). */
  indexOfNumber(number: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return this.#numbers[low] === number ? low : -1;
  }

  push(slotMs: number, kind: FrameKind, isIndependent: boolean, bytes: Uint8Array): void {
    const start = this.byteLength;
    const end = start + bytes.length;
    if (end > this.#bytes.length) {
      this.#resize(Math.max(end + Math.min(Math.ceil(end * GROWTH), MOST_GROWTH_BYTES), FIRST_BYTES));
    }
    this.#bytes.set(bytes, start);
    this.#ends.push(end);
    this.#slots.push(slotMs);
    this.#numbers.push(this.#nextNumber++);
    this.#kinds.push(kind === 'failure' && isIndependent ? 'lone' : kind);
  }

  at(index: number): LoggedFrame {
    const kind = this.#kinds[index];
    const slotMs = this.#slots[index];
    if (kind === undefined || slotMs === undefined) throw new RangeError(`no frame ${index}`);
    return {
      slotMs,
      kind: kind === 'lone' ? 'failure' : kind,
      isIndependent: this.isIndependentAt(index),
      bytes: this.bytesAt(index),
    };
  }

  slotAt(index: number): number | undefined {
    return this.#slots[index];
  }

  /** A view that holds until the log changes. */
  bytesAt(index: number): Buffer {
    return this.#bytes.subarray(index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
  }

  /** Copies a frame, or the first `length` bytes of it. */
  copyTo(index: number, target: Buffer, at: number, length = this.sizeAt(index)): void {
    const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
    this.#bytes.copy(target, at, start, start + length);
  }

  isIndependentAt(index: number): boolean {
    const kind = this.#kinds[index];
    return kind === 'key' || kind === 'lone' || kind === 'end';
  }

  isKeyAt(index: number): boolean {
    return this.#kinds[index] === 'key';
  }

  sizeAt(index: number): number {
    return (this.#ends[index] ?? 0) - (index === 0 ? 0 : (this.#ends[index - 1] ?? 0));
  }

  /** Id of a frame's entry in the stream. An end mark comes behind the frame of its slot. */
  idAt(index: number): string {
    const slotMs = this.#slots[index];
    return slotMs === undefined ? '' : entryId(slotMs, this.#kinds[index] === 'end' ? 'end' : 'key');
  }

  /** Removes entries from the front. */
  dropFirst(count: number): void {
    if (count <= 0) return;
    const cut = this.#ends[count - 1] ?? 0;
    this.#bytes.copyWithin(0, cut, this.byteLength);
    this.#ends = this.#ends.slice(count).map((end) => end - cut);
    this.#slots = this.#slots.slice(count);
    this.#numbers = this.#numbers.slice(count);
    this.#kinds = this.#kinds.slice(count);
    this.acknowledged = Math.max(0, this.acknowledged - count);
    if (this.#bytes.length > SPARE_FACTOR * this.byteLength + FIRST_BYTES) this.#resize(this.byteLength);
  }

  /** Removes the entries from `index` on. */
  truncate(index: number): void {
    this.#ends.length = index;
    this.#slots.length = index;
    this.#numbers.length = index;
    this.#kinds.length = index;
    this.acknowledged = Math.min(this.acknowledged, index);
  }

  /** The last key frame at or before `slotMs` behind the first entry, from which the log could begin; 0 for none. */
  lastStartBefore(slotMs: number): number {
    for (let index = this.#kinds.length - 1; index > 0; index--) {
      if (this.#kinds[index] === 'key' && (this.#slots[index] ?? 0) <= slotMs) return index;
    }
    return 0;
  }

  #resize(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(bytes, 0, 0, Math.min(this.byteLength, size));
    this.#bytes = bytes;
  }
}

/** Ids made lately: the frames of all targets of a slot have the same. */
const frameIds = new Map<number, string>();
const MOST_FRAME_IDS = 64;

/** Id of a stream entry. */
export function entryId(slotMs: number, kind: FrameKind): string {
  if (kind === 'end') return `${slotMs}-1`;
  let id = frameIds.get(slotMs);
  if (id === undefined) {
    id = `${slotMs}-0`;
    if (frameIds.size === MOST_FRAME_IDS) frameIds.clear();
    frameIds.set(slotMs, id);
  }
  return id;
}

/** The slot of an entry's id; −1 for the empty id of an empty stream. */
export function slotOfEntryId(id: string): number {
  return id === '' ? -1 : Number(id.slice(0, id.indexOf('-')));
}
