import { addAbortSignal } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { SPARE_BYTES } from '@pulsekeeper/exposition';

import { IncomingBody } from './incoming-body.ts';

/** What comes out at a time at least. */
const LEAST_CHUNK_BYTES = 256 * 1024;

/**
 * Unpacks gzip on another thread, into one piece of memory that is as large as the body says it will be, with room behind it
 * for the parser: so a large body is never held twice.
 *
 * @param announcedBytes - May be a lie: memory that nothing comes to is never touched, nor kept.
 * @throws Error with the code `ERR_BUFFER_TOO_LARGE` for more than `maxBytes`, else what zlib throws.
 */
export async function gunzipAside(
  wire: Buffer,
  maxBytes: number,
  announcedBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  // With room left in its memory zlib does not ask for more. What says to be too large is refused on the way.
  const wholeBytes = announcedBytes > maxBytes ? 0 : announcedBytes + SPARE_BYTES;
  const chunkSize = Math.max(wholeBytes, LEAST_CHUNK_BYTES);
  const gunzip = addAbortSignal(signal, createGunzip({ chunkSize }));
  gunzip.end(wire);
  let first: Buffer = Buffer.alloc(0);
  let whole: IncomingBody | undefined;
  let length = 0;
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw Object.assign(new Error(`more than ${maxBytes} bytes come out`), { code: 'ERR_BUFFER_TOO_LARGE' });
    }
    if (first.length === 0) first = chunk;
    else (whole ??= bodyOf(first, Math.min(announcedBytes, maxBytes))).append(chunk);
  }
  // Memory that is hardly used counts all the same for whoever decides when to collect garbage.
  if (length === first.length && length < chunkSize / 2) whole = bodyOf(first, length);
  return whole?.bytes() ?? first;
}

function bodyOf(chunk: Buffer, announcedBytes: number): IncomingBody {
  const body = new IncomingBody(announcedBytes);
  body.append(chunk);
  return body;
}
