import * as zlib from 'node:zlib';

import type { FailureReason } from '@pulsekeeper/model';
import { expect } from 'chai';

import { zstdUnpacker } from '../../../src/scrape/zstd-unpacker.ts';
import { scraperOf } from './scraping.ts';
import { httpTarget } from './stub-target.ts';

const BODY = 'a 1\nb{x="y"} 2.5\n';

interface ZstdCompression {
  readonly zstdCompressSync: (body: Buffer, options?: { params: Record<number, number> }) => Buffer;
  readonly constants: { readonly ZSTD_c_windowLog: number };
}

/** Packs a body, where this Node can. */
function packer(): ZstdCompression | undefined {
  return 'zstdCompressSync' in zlib ? (zlib as unknown as ZstdCompression) : undefined;
}

async function scrape(wire: Buffer): Promise<{ reason: FailureReason | undefined; values: number[] }> {
  const target = await httpTarget((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'zstd' }).end(wire);
  });
  const scraper = scraperOf(target.url, { rule: { maxBodyBytes: 4_000_000 } });
  const { error, exposition } = await scraper.scrape(2_000);
  scraper.close();
  await target.close();
  return { reason: error?.reason, values: [...(exposition?.values ?? [])] };
}

describe('zstd', () => {
  it('is not asked for, and not taken, where Node has none', async () => {
    expect(zstdUnpacker({})).to.equal(undefined);
    if (packer() === undefined) expect(await scrape(Buffer.from(BODY))).to.include({ reason: 'decompression' });
  });

  describe('where Node has it', () => {
    let pack: (body: string | Buffer, windowLog?: number) => Buffer;

    before(function () {
      const compression = packer();
      if (compression === undefined) this.skip();
      pack = (body, windowLog) => {
        const params = windowLog === undefined ? {} : { [compression.constants.ZSTD_c_windowLog]: windowLog };
        return compression.zstdCompressSync(Buffer.from(body), { params });
      };
    });

    it('is unpacked', async () => {
      expect(await scrape(pack(BODY))).to.deep.equal({ reason: undefined, values: [1, 2.5] });
    });

    it('is unpacked in several frames', async () => {
      const wire = Buffer.concat([pack('a 1\nb{x='), pack('"y"} 2.5\n')]);
      expect(await scrape(wire)).to.deep.equal({ reason: undefined, values: [1, 2.5] });
    });

    it('is unpacked beyond what is done on the main thread', async () => {
      const lines = Array.from({ length: 100_000 }, (_, index) => `series{number="${index}"} ${index}\n`);
      expect((await scrape(pack(lines.join('')))).values).to.have.lengthOf(100_000);
    });

    const refused: [reason: FailureReason, title: string, wire: () => Buffer][] = [
      ['body_too_large', 'a bomb', () => pack(Buffer.alloc(50_000_000, 'a 1\n'))],
      [
        'body_too_large',
        'a bomb of many frames',
        () => Buffer.concat(Array<Buffer>(60).fill(pack(Buffer.alloc(100_000)))),
      ],
      ['decompression', 'more frames than anybody needs', () => Buffer.concat(Array<Buffer>(65).fill(pack('a 1\n')))],
      ['decompression', 'a window that takes the memory of a bomb', () => pack(Buffer.alloc(50_000_000, 'a 1\n'), 27)],
      ['decompression', 'something else', () => Buffer.from('plain text, really')],
      ['decompression', 'something else after the frame', () => Buffer.concat([pack(BODY), Buffer.from('c 3\n')])],
      ['truncated', 'a frame that was cut', () => pack(BODY).subarray(0, -2)],
    ];
    for (const [reason, title, wire] of refused) {
      it(`is refused as ${reason} for ${title}`, async () => {
        expect(await scrape(wire())).to.deep.equal({ reason, values: [] });
      });
    }
  });
});
