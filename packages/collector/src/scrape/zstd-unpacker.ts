import type { Unpacker } from './unpacker.ts';

interface Frame {
  readonly buffer: Buffer;
  /** `bytesWritten`: input that the frame took. */
  readonly engine: { readonly bytesWritten: number };
}

interface ZstdOptions {
  readonly maxOutputLength: number;
  readonly info: true;
  readonly params: Readonly<Record<number, number>>;
}

/** The part of `node:zlib` that Node 20 lacks, and its types with it. */
interface ZstdFunctions {
  readonly zstdDecompressSync: (wire: Buffer, options: ZstdOptions) => Frame;
  readonly zstdDecompress: (
    wire: Buffer,
    options: ZstdOptions,
    callback: (error: Error | null, frame: Frame) => void,
  ) => void;
  readonly constants: { readonly ZSTD_d_windowLogMax: number };
}

/** Largest window, 8 MiB, as RFC 9659 demands of HTTP: a frame of a few bytes could ask for 128 MiB otherwise. */
const MAX_WINDOW_LOG = 23;

/** A body is one frame, as a rule; each costs some time of its own, however small it is. */
const MAX_FRAMES = 64;

/** What undoes zstd, where this Node can. */
export function zstdUnpacker(zlib: object): Unpacker | undefined {
  if (!hasZstd(zlib)) return undefined;
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
  const optionsOf = (maxOutputLength: number): ZstdOptions => ({ maxOutputLength, info: true, params });
  return {
    name: 'zstd',
    now: (wire, maxBytes) => {
      const frames = new FrameSplitter(wire, maxBytes);
      while (frames.hasMore) frames.add(zlib.zstdDecompressSync(frames.rest, optionsOf(frames.leftBytes)));
      return frames.body;
    },
    aside: async (wire, maxBytes, signal) => {
      const frames = new FrameSplitter(wire, maxBytes);
      while (frames.hasMore && !signal.aborted)
        frames.add(await frameAside(zlib, frames.rest, optionsOf(frames.leftBytes)));
      return frames.body;
    },
    announcedBytes: () => 0,
  };
}

function hasZstd(zlib: object): zlib is ZstdFunctions {
  return 'zstdDecompressSync' in zlib && typeof zlib.zstdDecompressSync === 'function';
}

function frameAside({ zstdDecompress }: ZstdFunctions, wire: Buffer, options: ZstdOptions): Promise<Frame> {
  return new Promise((resolve, reject) => {
    zstdDecompress(wire, options, (error, frame) => {
      if (error === null) resolve(frame);
      else reject(error);
    });
  });
}

/** Node stops after the first frame of several, without a word (seen with 24.21); so they are taken one by one. */
class FrameSplitter {
  readonly #wire: Buffer;
  readonly #parts: Buffer[] = [];
  #at = 0;
  leftBytes: number;

  constructor(wire: Buffer, maxBytes: number) {
    this.#wire = wire;
    this.leftBytes = maxBytes;
  }

  get hasMore(): boolean {
    return this.#at < this.#wire.length;
  }

  /** What the next frame begins. */
  get rest(): Buffer {
    return this.#wire.subarray(this.#at);
  }

  get body(): Buffer {
    const [only] = this.#parts;
    return only !== undefined && this.#parts.length === 1 ? only : Buffer.concat(this.#parts);
  }

  add({ buffer, engine }: Frame): void {
    if (this.#parts.length === MAX_FRAMES || engine.bytesWritten === 0) {
      throw new Error(`more than ${MAX_FRAMES} frames, or an empty one`);
    }
    this.#parts.push(buffer);
    this.#at += engine.bytesWritten;
    this.leftBytes = Math.max(this.leftBytes - buffer.length, 1);
  }
}
