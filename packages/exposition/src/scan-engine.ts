import { BACKSLASH, BYTE_CLASS, NEWLINE, QUOTE } from './byte-class.ts';
import { instantiateScan } from './scan-wasm.ts';

interface Region {
  readonly value: number;
}

/** What assembly/scan.as exports. */
interface ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly WINDOW_BYTES: Region;
  readonly WINDOW_ROWS: Region;
  readonly OLD_BODY: Region;
  readonly NEW_BODY: Region;
  readonly STARTS: Region;
  readonly VALUES: Region;
  readonly TIMESTAMPS: Region;
  readonly CHANGED: Region;
  readonly FOREIGN_VALUE: Region;
  readonly STATE: Region;
  readonly KEYS: Region;
  readonly HASHES: Region;
  readonly KEY_ENDS: Region;
  readonly METADATA: Region;
  readonly CLASSES: Region;
  readonly SEEDS: Region;
  readonly MEMORY_END: Region;
  readonly walk: (
    oldLength: number,
    newLength: number,
    isOldLast: boolean,
    isNewLast: boolean,
    rows: number,
    oldBase: number,
    newBase: number,
    hasTimestamps: boolean,
    isOpenMetrics: boolean,
  ) => number;
  readonly readPlainLines: (
    length: number,
    base: number,
    isOpenMetrics: boolean,
    maxLabels: number,
    maxNameBytes: number,
    maxValueBytes: number,
    maxLineBytes: number,
  ) => void;
  readonly hashKey: (start: number, end: number) => number;
}

/** What {@link ScanEngine.walk} returns; the numbers are those of assembly/walk.as. */
export const ALL_READ = 0;
export const WINDOW_READ = 1;
export const WALK_FAILED = -1;

/** Byte stands for itself in a label value. */
const PLAIN = 32;

/** Places in {@link ScanEngine.state}. */
export const OLD_AT = 0;
export const NEW_AT = 1;
export const ROWS = 2;
export const CHANGED_COUNT = 3;
export const GROWTH = 4;
export const KEYS_LENGTH = 5;
export const METADATA_COUNT = 6;
export const LONGEST_LINE = 7;

/** Reads the rest of a line beyond plain numbers: returns the offset of its newline in the new window, or `WALK_FAILED`. */
export type TailReader = (start: number, row: number) => number;

/** The compiled inner loop of a rescan with views of its memory, which never grows: about half a megabyte. */
export class ScanEngine {
  /** How much of a body, and how many rows, one call walks: as much as there is memory for. Tests lower both. */
  windowBytes: number;
  windowRows: number;
  readonly oldBody: Uint8Array;
  readonly newBody: Uint8Array;
  readonly starts: Uint32Array;
  readonly values: Float64Array;
  readonly timestampsMs: Float64Array;
  readonly changed: Uint32Array;
  /** A value read by a {@link TailReader}. */
  readonly foreignValue: Float64Array;
  /** Where reading stands; the places in it are named above. */
  readonly state: Int32Array;
  readonly keys: Uint8Array;
  readonly hashes: Int32Array;
  readonly keyEnds: Uint32Array;
  /** Where in the window the metadata lines start that were passed. */
  readonly metadata: Uint32Array;
  readonly walk: ScanExports['walk'];
  readonly readPlainLines: ScanExports['readPlainLines'];
  /** Hash of `keys[start, end)`. */
  readonly hashKey: ScanExports['hashKey'];

  private constructor(exports: ScanExports) {
    const { buffer } = exports.memory;
    const bytes = exports.WINDOW_BYTES.value;
    const rows = exports.WINDOW_ROWS.value;
    this.windowBytes = bytes;
    this.windowRows = rows;
    this.oldBody = new Uint8Array(buffer, exports.OLD_BODY.value, bytes + 1);
    this.newBody = new Uint8Array(buffer, exports.NEW_BODY.value, bytes + 16);
    this.starts = new Uint32Array(buffer, exports.STARTS.value, rows);
    this.values = new Float64Array(buffer, exports.VALUES.value, rows);
    this.timestampsMs = new Float64Array(buffer, exports.TIMESTAMPS.value, rows);
    this.changed = new Uint32Array(buffer, exports.CHANGED.value, rows);
    this.foreignValue = new Float64Array(buffer, exports.FOREIGN_VALUE.value, 1);
    this.state = new Int32Array(buffer, exports.STATE.value, LONGEST_LINE + 1);
    this.keys = new Uint8Array(buffer, exports.KEYS.value, bytes);
    this.hashes = new Int32Array(buffer, exports.HASHES.value, rows);
    this.keyEnds = new Uint32Array(buffer, exports.KEY_ENDS.value, rows);
    this.metadata = new Uint32Array(
      buffer,
      exports.METADATA.value,
      (exports.CLASSES.value - exports.METADATA.value) / 4,
    );
    this.walk = exports.walk;
    this.readPlainLines = exports.readPlainLines;
    this.hashKey = exports.hashKey;
    this.#fillClasses(new Uint8Array(buffer, exports.CLASSES.value, BYTE_CLASS.length));
    // Not to be known to who writes the bodies, so that nobody can write a body whose series all collide.
    new Uint32Array(buffer, exports.SEEDS.value, 4).set(randomSeeds());
  }

  /** Copies `body[start, end)` into a window, with a newline behind it. @returns how many bytes. */
  fillWindow(window: Uint8Array, body: Uint8Array, start: number, end: number): number {
    window.set(body.subarray(start, end));
    window[end - start] = NEWLINE;
    return end - start;
  }

  /** What each byte may be part of; plain bytes of label values are known to the engine alone. */
  #fillClasses(classes: Uint8Array): void {
    classes.set(BYTE_CLASS);
    for (let byte = 0; byte < 128; byte++) {
      if (byte !== NEWLINE && byte !== QUOTE && byte !== BACKSLASH) classes[byte] = (classes[byte] ?? 0) | PLAIN;
    }
  }

  /** Compiles the engine; `undefined` where there is no WebAssembly (`node --jitless`). */
  static create(readTail: TailReader): ScanEngine | undefined {
    const exports = instantiateScan({ env: { readTail } }) as ScanExports | undefined;
    return exports === undefined ? undefined : new ScanEngine(exports);
  }
}

/** Two 64-bit integers in little-endian halves; the second one, a multiplier, is odd. */
function randomSeeds(): Uint32Array {
  const seeds = Uint32Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32));
  seeds[2] = (seeds[2] ?? 0) | 1;
  return seeds;
}

/** `null`: not compiled yet; `undefined`: there is none. */
let engine: ScanEngine | null | undefined = null;
let tailReader: TailReader = () => WALK_FAILED;

/** The engine of this process, compiled on first use; `undefined` where there is no WebAssembly. */
export function scanEngine(): ScanEngine | undefined {
  if (engine === null) engine = ScanEngine.create((start, row) => tailReader(start, row));
  return engine;
}

/** Says who reads what the engine leaves; `rescan.ts` does. */
export function setTailReader(reader: TailReader): void {
  tailReader = reader;
}
