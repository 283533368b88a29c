import { constants as bufferConstants } from 'node:buffer';

import type { IncomingBody } from './incoming-body.ts';
import type { WireResponse } from './response-reader.ts';
import { ScrapeError } from './scrape-error.ts';
import { untilAborted } from './until-aborted.ts';
import { unpackerOf, type Unpacker } from './unpacker.ts';

/** Up to this many bytes of output are unpacked at once on the main thread: some 2 ms of work. Beyond, in a worker. */
const MAX_SYNC_BYTES = 2 * 1024 * 1024;

/** Beyond this size, a body must not unpack to more than {@link MAX_RATIO} times its size. */
const FREE_OF_RATIO_BYTES = 1024 * 1024;

/** Expositions compress to a tenth, the most regular ones to a hundredth; the bombs come at a thousand. */
const MAX_RATIO = 200;

/** Unpacks a large body on another thread, until the signal: then it rejects with the signal's reason. */
export type DecodingAside = (signal: AbortSignal) => Promise<Buffer>;

/**
 * The body as the target meant it: unpacked, and known to be complete; for a large one the work that gives it. It is good until
 * the body of the response is released.
 *
 * @param maxBodyBytes - Most bytes that come out; a body that unpacks to more is refused without unpacking it further.
 * @throws ScrapeError with `body_too_large`, `decompression` or `truncated`.
 */
export function decodeBody(response: WireResponse, maxBodyBytes: number): Buffer | DecodingAside {
  const decoded = unpackBody(response, maxBodyBytes);
  // A compressed body may be cut between two members, which is no error to who unpacks it.
  if (!response.isCloseDelimited) return decoded;
  if (Buffer.isBuffer(decoded)) return requireFinalNewline(decoded);
  return async (signal) => requireFinalNewline(await decoded(signal));
}

function unpackBody({ contentEncoding, body }: WireResponse, maxBodyBytes: number): Buffer | DecodingAside {
  const wire = body.bytes();
  if (contentEncoding === undefined) return wire;
  const unpacker = unpackerOf(contentEncoding);
  if (unpacker === undefined) {
    throw new ScrapeError('decompression', `content encoding ${contentEncoding} was not asked for`, {
      retryable: false,
    });
  }
  // An empty body needs no unpacking, whatever the header says.
  return wire.length === 0 ? wire : unpack(unpacker, body, maxBodyBytes);
}

function unpack(unpacker: Unpacker, body: IncomingBody, maxBodyBytes: number): Buffer | DecodingAside {
  const wire = body.bytes();
  const mostBytes = Math.min(maxBodyBytes, Math.max(FREE_OF_RATIO_BYTES, MAX_RATIO * wire.length));
  const tooLarge =
    mostBytes < maxBodyBytes
      ? `the body unpacks to more than ${MAX_RATIO} times its ${wire.length} bytes`
      : `the body unpacks to more than the allowed ${maxBodyBytes} bytes`;
  // What is announced may be a lie, so it only chooses how it is done.
  if (unpacker.announcedBytes(wire) <= MAX_SYNC_BYTES && wire.length <= MAX_SYNC_BYTES) {
    const maxBytes = Math.min(mostBytes, MAX_SYNC_BYTES);
    try {
      return unpacker.now(wire, maxBytes, (bytes) => body.room(bytes));
    } catch (error) {
      if (!isTooLarge(error) || maxBytes === mostBytes) throw unpackError(unpacker, error, tooLarge);
    }
  }
  return (signal) => unpackAside(unpacker, body, mostBytes, tooLarge, signal);
}

async function unpackAside(
  unpacker: Unpacker,
  body: IncomingBody,
  mostBytes: number,
  tooLarge: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const mostInOne = Math.min(mostBytes, bufferConstants.MAX_LENGTH);
  try {
    return await untilAborted(unpacker.aside(body.bytes(), mostInOne, signal), signal);
  } catch (error) {
    if (!signal.aborted) throw unpackError(unpacker, error, tooLarge);
    // The other thread may be reading it.
    body.abandon();
    throw signal.reason;
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
