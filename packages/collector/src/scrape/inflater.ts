import { constants, createGunzip, gzipSync } from 'node:zlib';

/** The part of Node's own inflater that its streams and functions are made of, and that can be used again. */
interface Handle {
  readonly reset: () => void;
  readonly writeSync: (
    flush: number,
    input: Buffer,
    inputAt: number,
    inputBytes: number,
    output: Buffer,
    outputAt: number,
    outputBytes: number,
  ) => void;
  onerror: (message: string, errno: number, code: string) => void;
}

/** Unpacks one gzip after the other. */
export interface Inflater {
  /** What came out, a view of `output`; undefined when it did not fit with a byte to spare, or is no valid gzip. */
  readonly gunzip: (wire: Buffer, output: Buffer) => Buffer | undefined;
}

/**
 * An inflater that is made once and writes into memory that is given: `gunzipSync` makes one, and memory for all that comes out,
 * at each call, which costs several times what small bodies take to unpack, and is garbage outside of the heap.
 *
 * @returns undefined where this Node has no such inflater
 */
export function createInflater(): Inflater | undefined {
  const stream: object = createGunzip();
  if (!hasHandle(stream)) return undefined;
  const { _handle: handle, _writeState: left } = stream;
  const errors = { count: 0 };
  handle.onerror = () => {
    errors.count += 1;
  };
  const inflater: Inflater = {
    gunzip(wire, output) {
      errors.count = 0;
      handle.reset();
      handle.writeSync(constants.Z_FINISH, wire, 0, wire.length, output, 0, output.length);
      const [outputLeft = 0, inputLeft = 0] = left;
      if (errors.count > 0 || outputLeft === 0 || inputLeft > 0) return undefined;
      return output.subarray(0, output.length - outputLeft);
    },
  };
  return works(inflater) ? inflater : undefined;
}

function hasHandle(stream: object): stream is { readonly _handle: Handle; readonly _writeState: Uint32Array } {
  const { _handle: handle, _writeState: state } = stream as {
    readonly _handle?: Partial<Handle>;
    readonly _writeState?: unknown;
  };
  return typeof handle?.reset === 'function' && typeof handle.writeSync === 'function' && state instanceof Uint32Array;
}

/** Whether it does what it should, twice in a row, and after something that is no gzip. */
function works({ gunzip }: Inflater): boolean {
  const text = 'a 1\n';
  const wire = gzipSync(text);
  const output = Buffer.alloc(64);
  const gives = (): boolean => gunzip(wire, output)?.toString() === text;
  return gives() && gunzip(Buffer.from('no gzip, truly'), output) === undefined && gives();
}
