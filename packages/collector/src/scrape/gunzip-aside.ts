import { createGunzip } from 'node:zlib';

import { IncomingBody } from './incoming-body.ts';

/** What comes out at a time. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Unpacks gzip on another thread, into one piece of memory that is as large as the body says it will be, so that a large
 * body is never held twice.
 *
 * @param announcedBytes - May be a lie: memory follows what really comes out.
 * @throws Error with the code `ERR_BUFFER_TOO_LARGE` for more than `maxBytes`, else what zlib throws.
 */
export async function gunzipAside(wire: Buffer, maxBytes: number, announcedBytes: number): Promise<Buffer> {
  const body = new IncomingBody(announcedBytes);
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  gunzip.end(wire);
  let length = 0;
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw Object.assign(new Error(`more than ${maxBytes} bytes come out`), { code: 'ERR_BUFFER_TOO_LARGE' });
    }
    body.append(chunk);
  }
  return body.bytes();
}
