import { instantiateColumns } from './columns-wasm.ts';

interface Region {
  readonly value: number;
}

/** What assembly/columns.as exports. */
interface ColumnsExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly WINDOW_COLUMNS: Region;
  readonly VALUES: Region;
  readonly STEPS: Region;
  readonly CONTROLS: Region;
  readonly RECENT: Region;
  readonly OLDER: Region;
  readonly NEW_VALUES: Region;
  readonly PRESENT: Region;
  readonly OUTPUT: Region;
  readonly MEMORY_END: Region;
  readonly encodeWindow: (columns: number, isPartial: boolean) => number;
}

/** The arrays of a `ColumnState`, for so many columns. */
export interface StateWindow {
  readonly columns: number;
  readonly values: Float64Array;
  readonly steps: Int32Array;
  readonly controls: Int32Array;
  readonly recent: Int32Array;
}

/** The compiled encoder with views of its memory, which never grows: 64 KiB. It keeps nothing from call to call. */
export class EncodeEngine {
  /** Columns that one call encodes at most: whole blocks, and as many as stay in the processor's nearest cache. */
  readonly windowColumns: number;
  /** The columns as they were, and after a call as they are. */
  readonly state: StateWindow;
  readonly older: Int32Array;
  readonly newValues: Float64Array;
  /** 0 where a column has no value. */
  readonly present: Uint8Array;
  readonly output: Uint8Array;
  /**
   * Encodes the columns of the window.
   *
   * @param isPartial - whether `present` counts; otherwise all have values
   * @returns bytes of `output`
   */
  readonly encodeWindow: (columns: number, isPartial: boolean) => number;
  #part: StateWindow;

  constructor(exports: ColumnsExports) {
    const { buffer } = exports.memory;
    const columns = exports.WINDOW_COLUMNS.value;
    this.windowColumns = columns;
    this.state = {
      columns,
      values: new Float64Array(buffer, exports.VALUES.value, columns),
      steps: new Int32Array(buffer, exports.STEPS.value, columns),
      controls: new Int32Array(buffer, exports.CONTROLS.value, columns),
      recent: new Int32Array(buffer, exports.RECENT.value, columns / 32),
    };
    this.#part = this.state;
    this.older = new Int32Array(buffer, exports.OLDER.value, columns / 32);
    this.newValues = new Float64Array(buffer, exports.NEW_VALUES.value, columns);
    this.present = new Uint8Array(buffer, exports.PRESENT.value, columns);
    this.output = new Uint8Array(buffer, exports.OUTPUT.value, exports.MEMORY_END.value - exports.OUTPUT.value);
    this.encodeWindow = exports.encodeWindow;
  }

  /** The first columns of the state. Those asked for last are kept: most windows are as long as the one before. */
  firstColumns(columns: number): StateWindow {
    if (this.#part.columns === columns) return this.#part;
    const { values, steps, controls, recent } = this.state;
    this.#part = {
      columns,
      values: values.subarray(0, columns),
      steps: steps.subarray(0, columns),
      controls: controls.subarray(0, columns),
      recent: recent.subarray(0, Math.ceil(columns / 32)),
    };
    return this.#part;
  }
}

let engine: EncodeEngine | undefined;

/** The engine of this process, compiled on first use. */
export function encodeEngine(): EncodeEngine {
  if (engine === undefined) {
    const exports = instantiateColumns({}) as ColumnsExports | undefined;
    if (exports === undefined) throw new Error('encoding frames needs WebAssembly, which this process is without');
    engine = new EncodeEngine(exports);
  }
  return engine;
}
