import { constants as bufferConstants } from 'node:buffer';

import type { WireResponse } from './response-reader.ts';
import { ScrapeError } from './scrape-error.ts';
import { unpackerOf, type Unpacker } from './unpacker.ts';

/** Up to this many bytes of output are unpacked at once on the main thread: some 2 ms of work. Beyond, in a worker. */
const MAX_SYNC_BYTES = 2 * 1024 * 1024;

/** Beyond this size, a body must not unpack to more than {@link MAX_RATIO} times its size. */
const FREE_OF_RATIO_BYTES = 1024 * 1024;

/** Expositions compress to a tenth, the most regular ones to a hundredth; the bombs come at a thousand. */
const MAX_RATIO = 200;

/**
 * The body as the target meant it: unpacked, and known to be complete. It is good until the body of the response is
 * released.
 *
 * @param maxBodyBytes - Most bytes that come out; a body that unpacks to more is refused without unpacking it further.
 * @throws ScrapeError with `body_too_large`, `decompression` or `truncated`.
 */
export function decodeBody(response: WireResponse, maxBodyBytes: number): Buffer | Promise<Buffer> {
  const decoded = unpackBody(response, maxBodyBytes);
  // A compressed body may be cut between two members, which is no error to who unpacks it.
  if (!response.isCloseDelimited) return decoded;
  return Buffer.isBuffer(decoded) ? requireFinalNewline(decoded) : decoded.then(requireFinalNewline);
}

function unpackBody({ contentEncoding, body }: WireResponse, maxBodyBytes: number): Buffer | Promise<Buffer> {
  const wire = body.bytes();
  if (contentEncoding === undefined) return wire;
  const unpacker = unpackerOf(contentEncoding);
  if (unpacker === undefined) {
    throw new ScrapeError('decompression', `content encoding ${contentEncoding} was not asked for`, {
      retryable: false,
    });
  }
  // An empty body needs no unpacking, whatever the header says.
  return wire.length === 0 ? wire : unpack(unpacker, wire, maxBodyBytes);
}

function unpack(unpacker: Unpacker, wire: Buffer, maxBodyBytes: number): Buffer | Promise<Buffer> {
  const mostBytes = Math.min(maxBodyBytes, Math.max(FREE_OF_RATIO_BYTES, MAX_RATIO * wire.length));
  const tooLarge =
    mostBytes < maxBodyBytes
      ? `the body unpacks to more than ${MAX_RATIO} times its ${wire.length} bytes`
      : `the body unpacks to more than the allowed ${maxBodyBytes} bytes`;
  // What is announced may be a lie, so it only chooses how it is done.
  if (unpacker.announcedBytes(wire) <= MAX_SYNC_BYTES && wire.length <= MAX_SYNC_BYTES) {
    const maxBytes = Math.min(mostBytes, MAX_SYNC_BYTES);
    try {
      return unpacker.now(wire, maxBytes);
    } catch (error) {
      if (!isTooLarge(error) || maxBytes === mostBytes) throw unpackError(unpacker, error, tooLarge);
    }
  }
  return unpackAside(unpacker, wire, mostBytes, tooLarge);
}

async function unpackAside(unpacker: Unpacker, wire: Buffer, mostBytes: number, tooLarge: string): Promise<Buffer> {
  try {
    return await unpacker.aside(wire, Math.min(mostBytes, bufferConstants.MAX_LENGTH));
  } catch (error) {
    throw unpackError(unpacker, error, tooLarge);
  }
}

function unpackError({ name }: Unpacker, error: unknown, tooLarge: string): ScrapeError {
  const code = (error as { code?: unknown } | null)?.code;
  if (isTooLarge(error)) return new ScrapeError('body_too_large', tooLarge);
  if (code === 'Z_BUF_ERROR') return new ScrapeError('truncated', 'the compressed body ends early', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new ScrapeError('decompression', `the body is no valid ${name}: ${message}`, { cause: error });
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
