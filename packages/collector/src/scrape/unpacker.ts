import * as zlib from 'node:zlib';

import { MOST_RECYCLED_BYTES } from './body-buffers.ts';
import { gunzipAside } from './gunzip-aside.ts';
import { createInflater } from './inflater.ts';
import { zstdUnpacker } from './zstd-unpacker.ts';

/** Undoes one content encoding. What comes out beyond the limit is an error with the code `ERR_BUFFER_TOO_LARGE`. */
export interface Unpacker {
  /** For messages. */
  readonly name: string;
  /**
   * Unpacks on this thread.
   *
   * @param room - Gives memory of at least so many bytes that what comes out may be in; asked once at most.
   */
  now(wire: Buffer, maxBytes: number, room: (bytes: number) => Buffer): Buffer;
  /** Unpacks on another, until the signal: it need not settle then, and may read the wire's bytes for a while yet. */
  aside(wire: Buffer, maxBytes: number, signal: AbortSignal): Promise<Buffer>;
  /** How many bytes it says will come out; 0 when it does not say. May be a lie. */
  announcedBytes(wire: Buffer): number;
}

const inflater = createInflater();

const GZIP: Unpacker = {
  name: 'gzip',
  now: (wire, maxBytes, room) => {
    const announcedBytes = GZIP.announcedBytes(wire);
    if (inflater !== undefined && announcedBytes < MOST_RECYCLED_BYTES / 2 && announcedBytes <= maxBytes) {
      const whole = inflater.gunzip(wire, room(announcedBytes + 1));
      if (whole !== undefined && whole.length <= maxBytes) return whole;
    }
    // It lied, it is damaged, or it is large: zlib's own way tells which.
    return zlib.gunzipSync(wire, { maxOutputLength: maxBytes, chunkSize: Math.max(announcedBytes + 1, 1024) });
  },
  aside: (wire, maxBytes, signal) => gunzipAside(wire, maxBytes, GZIP.announcedBytes(wire), signal),
  // The last four bytes of a gzip member tell its size.
  announcedBytes: (wire) => (wire.length >= 18 ? wire.readUInt32LE(wire.length - 4) : 0),
};

const ZSTD = zstdUnpacker(zlib);

const UNPACKERS: ReadonlyMap<string, Unpacker> = new Map([
  ['gzip', GZIP],
  ['x-gzip', GZIP],
  ...(ZSTD === undefined ? [] : [['zstd', ZSTD] as const]),
]);

/** Encodings that a scrape asks for: gzip, and zstd where Node has it (22.15, 23.8). gzip stands first, as the one that all have. */
export const ACCEPT_ENCODING = ZSTD === undefined ? 'gzip' : 'gzip, zstd';

/** What undoes a content encoding, by its name in lower case; undefined for one that was not asked for. */
export function unpackerOf(contentEncoding: string): Unpacker | undefined {
  return UNPACKERS.get(contentEncoding);
}
