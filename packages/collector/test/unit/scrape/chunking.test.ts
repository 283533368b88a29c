import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';

import type { ScrapeOutcome } from '../../../src/scrape/target-scraper.ts';
import { scraperOf } from './scraping.ts';
import { socketTarget } from './stub-target.ts';

const BODY = '# TYPE a counter\na 1\nb{x="y"} 2.5\nc{z="ü"} -3\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ntransfer-encoding: chunked\r\n';

/** Responses are cut in two at each of so many bytes. */
const CUT_BYTES = 5;

/** A body in chunks of a few bytes, with an extension and trailers. */
function chunked(body: Buffer, bytesAChunk: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += bytesAChunk) {
    const part = body.subarray(at, at + bytesAChunk);
    parts.push(Buffer.from(`${part.length.toString(16)};ext=1\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\nx-checksum: abc\r\nx-more: d\r\n\r\n')]);
}

/** Whole responses, whose ends are told in every way there is but the end of the connection. */
const RESPONSES: Readonly<Record<string, Buffer>> = {
  'of a known length': Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n`,
    ),
    Buffer.from(BODY),
  ]),
  'in chunks with trailers': Buffer.concat([Buffer.from(`${CHUNKED}\r\n`), chunked(Buffer.from(BODY), 7)]),
  'in chunks with trailers, gzip': Buffer.concat([
    Buffer.from(`${CHUNKED}content-encoding: gzip\r\n\r\n`),
    chunked(gzipSync(BODY), 5),
  ]),
  'after another that says to wait': Buffer.concat([
    Buffer.from(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${CHUNKED}\r\n`),
    chunked(Buffer.from(BODY), 1000),
  ]),
};

/** Scrapes a target that sends the pieces one by one, in packets of their own as far as there are. */
async function scrapePieces(pieces: readonly Buffer[]): Promise<ScrapeOutcome> {
  const target = await socketTarget((socket) => {
    void (async () => {
      socket.setNoDelay();
      for (const piece of pieces) {
        socket.write(piece);
        // The other side is in this process, and reads meanwhile.
        await nextTurn();
        await nextTurn();
      }
    })();
  });
  const scraper = scraperOf(target.url, { rule: { intervalMs: 20_000, timeoutMs: 10_000 } });
  try {
    return await scraper.scrape(20_000);
  } finally {
    scraper.close();
    await target.close();
  }
}

function shown({ exposition, error, bodyBytes, wireBytes, attempts }: ScrapeOutcome): unknown {
  expect(error).to.equal(undefined);
  const { keys, values, metadata } = exposition ?? {};
  return { keys: Buffer.from(keys ?? []).toString(), values, metadata, bodyBytes, wireBytes, attempts };
}

describe('a response', () => {
  for (const [name, response] of Object.entries(RESPONSES)) {
    it(`${name} is the same however the network cuts it`, async () => {
      const whole = shown(await scrapePieces([response]));
      expect(whole).to.deep.include({ bodyBytes: Buffer.byteLength(BODY), attempts: 1 });
      const bytes = Array.from(response, (_, at) => response.subarray(at, at + 1));
      expect(shown(await scrapePieces(bytes)), 'byte by byte').to.deep.equal(whole);
      const cuts = Array.from({ length: Math.floor(response.length / CUT_BYTES) }, (_, at) => (at + 1) * CUT_BYTES - 1);
      await Promise.all(
        cuts.map(async (cut) => {
          const pieces = [response.subarray(0, cut), response.subarray(cut)];
          expect(shown(await scrapePieces(pieces)), `cut at ${cut}`).to.deep.equal(whole);
        }),
      );
    });
  }
});
