import { ABSENT, ABSENT_WORD, AGING_FRAMES, BLOCK_SERIES, firstControl, MODE_SHIFT } from './series-model.ts';

const MASK_COLUMNS = 32;

/**
 * What the writer and the reader of a chain both know after each frame, one column a series; some 16 bytes each.
 *
 * A new state has every column absent; a key frame is a frame coded from a new state.
 */
export class ColumnState {
  /** Columns in use. */
  size = 0;
  values: Float64Array = new Float64Array(0);
  /** The same memory as `values`, for comparing and copying without passing through a double. Little-endian. */
  words: Int32Array = new Int32Array(0);
  /** The last difference of a decimal column, for predicting steady counters. */
  steps: Int32Array = new Int32Array(0);
  /** Mode, costs and signs of each column: see `series-model.ts`. */
  controls: Int32Array = new Int32Array(0);
  /** One bit a column: changed since the last ageing, and in the span before it. */
  recent: Int32Array = new Int32Array(0);
  older: Int32Array = new Int32Array(0);
  #frames = 0;

  /** Columns that there is memory for. */
  get capacity(): number {
    return this.controls.length;
  }

  /** Whether a column has a value after the last frame. */
  isPresent(column: number): boolean {
    return (this.controls[column] ?? 0) >>> MODE_SHIFT !== ABSENT;
  }

  /** Adds absent columns up to `size`. */
  extend(size: number): void {
    if (size > this.capacity) this.#grow(size);
    this.size = Math.max(this.size, size);
  }

  /** Forgets everything but the memory, and takes `size` absent columns. O(columns in use before). */
  reset(size: number): void {
    const used = this.size;
    const usedMasks = Math.ceil(used / MASK_COLUMNS);
    // What lies behind is as it was made.
    this.words.fill(ABSENT_WORD, 0, used * 2);
    this.steps.fill(0, 0, used);
    this.controls.fill(firstControl(ABSENT), 0, used);
    this.recent.fill(0, 0, usedMasks);
    this.older.fill(0, 0, usedMasks);
    this.size = 0;
    this.#frames = 0;
    this.extend(size);
  }

  /** To be called before each frame: now and then, what changed long ago stops counting as active. */
  beginFrame(): void {
    if (this.#frames++ % AGING_FRAMES !== 0) return;
    const spare = this.older;
    this.older = this.recent;
    this.recent = spare.fill(0, 0, Math.ceil(this.size / MASK_COLUMNS));
  }

  /** A column's mode changes: nothing of what was learnt holds, and the bits are those of +0. */
  enterMode(column: number, mode: number): void {
    const word = mode === ABSENT ? ABSENT_WORD : 0;
    this.words[column * 2] = word;
    this.words[column * 2 + 1] = word;
    this.steps[column] = 0;
    this.controls[column] = firstControl(mode);
  }

  #grow(size: number): void {
    // Exact at first (most schemas never grow), with room to spare from the second time on.
    const before = this.capacity;
    const wanted = before === 0 ? size : Math.max(size, Math.ceil(before * 1.25));
    const values = new Float64Array(wanted);
    const words = new Int32Array(values.buffer).fill(ABSENT_WORD);
    words.set(this.words);
    this.values = values;
    this.words = words;
    this.steps = copyInto(new Int32Array(wanted), this.steps);
    this.controls = copyInto(new Int32Array(wanted).fill(firstControl(ABSENT)), this.controls);
    const masks = Math.ceil(wanted / BLOCK_SERIES) * (BLOCK_SERIES / MASK_COLUMNS);
    this.recent = copyInto(new Int32Array(masks), this.recent);
    this.older = copyInto(new Int32Array(masks), this.older);
  }
}

function copyInto(target: Int32Array, source: Int32Array): Int32Array {
  target.set(source);
  return target;
}
