import { constants as bufferConstants } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';

import type { WireResponse } from './response-reader.ts';
import { ScrapeError } from './scrape-error.ts';

/** Encodings that a scrape asks for and understands. */
export const ACCEPT_ENCODING = 'gzip';

/** Up to this many bytes of output are unpacked at once on the main thread: some 2 ms of work. Beyond, in a worker. */
const MAX_SYNC_BYTES = 2 * 1024 * 1024;

const gunzipInWorker = promisify(gunzip);

/** Bodies up to this size are joined in memory that is used again and again, so that they make no garbage. */
const MAX_SCRATCH_BYTES = 1024 * 1024;

let scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * The body as the target meant it: joined, unpacked, and known to be complete. What is returned at once is to be read
 * before the next call, which may write over it.
 *
 * @param maxBodyBytes - Most bytes that come out; a body that unpacks to more is refused without unpacking it further.
 * @throws ScrapeError with `body_too_large`, `decompression` or `truncated`.
 */
export function decodeBody(response: WireResponse, maxBodyBytes: number): Buffer | Promise<Buffer> {
  const { contentEncoding, chunks, wireBytes, isCloseDelimited } = response;
  const wire = joined(chunks, wireBytes);
  if (contentEncoding === undefined) {
    return isCloseDelimited ? requireFinalNewline(wire) : wire;
  }
  if (contentEncoding !== 'gzip' && contentEncoding !== 'x-gzip') {
    throw new ScrapeError('decompression', `content encoding ${contentEncoding} was not asked for`, {
      retryable: false,
    });
  }
  // An empty body needs no unpacking, whatever the header says.
  return wire.length === 0 ? wire : unpack(wire, maxBodyBytes);
}

function joined(chunks: readonly Buffer[], size: number): Buffer {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0];
  if (size > MAX_SCRATCH_BYTES) return Buffer.concat(chunks, size);
  if (size > scratch.length) scratch = Buffer.allocUnsafe(Math.min(size * 2, MAX_SCRATCH_BYTES));
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(scratch, at);
  return scratch.subarray(0, size);
}

function unpack(wire: Buffer, maxBodyBytes: number): Buffer | Promise<Buffer> {
  // The last four bytes of a gzip member tell its size. They may lie, so they only choose how it is done.
  const announced = wire.length >= 18 ? wire.readUInt32LE(wire.length - 4) : 0;
  if (announced <= MAX_SYNC_BYTES && wire.length <= MAX_SYNC_BYTES) {
    const maxOutputLength = Math.min(maxBodyBytes, MAX_SYNC_BYTES);
    try {
      return gunzipSync(wire, { maxOutputLength, chunkSize: Math.max(announced + 1, 1024) });
    } catch (error) {
      if (!isTooLarge(error) || maxOutputLength === maxBodyBytes) throw unpackError(error, maxBodyBytes);
    }
  }
  // The worker reads while others are decoded here.
  return unpackInWorker(Buffer.from(wire), maxBodyBytes);
}

async function unpackInWorker(wire: Buffer, maxBodyBytes: number): Promise<Buffer> {
  const maxOutputLength = Math.min(maxBodyBytes, bufferConstants.MAX_LENGTH);
  try {
    return await gunzipInWorker(wire, { maxOutputLength, chunkSize: 256 * 1024 });
  } catch (error) {
    throw unpackError(error, maxBodyBytes);
  }
}

function unpackError(error: unknown, maxBodyBytes: number): ScrapeError {
  const code = (error as { code?: unknown } | null)?.code;
  if (isTooLarge(error)) {
    return new ScrapeError('body_too_large', `the body unpacks to more than the allowed ${maxBodyBytes} bytes`);
  }
  if (code === 'Z_BUF_ERROR') return new ScrapeError('truncated', 'the compressed body ends early', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new ScrapeError('decompression', `the body is no valid gzip: ${message}`, { cause: error });
}

function isTooLarge(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_BUFFER_TOO_LARGE';
}

/** Where only the end of the connection ends a body, a missing final newline means that a number may have been cut. */
function requireFinalNewline(body: Buffer): Buffer {
  if (body.length > 0 && body[body.length - 1] !== 0x0a) {
    throw new ScrapeError('truncated', 'the body ended with the connection, in the middle of a line');
  }
  return body;
}
