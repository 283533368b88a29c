import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { ChainDecoder } from '../../../src/codec/chain-decoder.ts';
import { COLUMNS_SOURCE_SHA256 } from '../../../src/codec/columns-wasm.ts';
import { bitsByKey, bitsOf, decodeWith, newEncoder } from './chain-support.ts';
import { randomChain } from './random-chain.ts';

/**
 * Chains, and the begin of the SHA-256 of all their bytes as the first encoder of this format wrote them. Frames written by
 * different versions lie in one stream, and a slot's frame is recognised by its bytes.
 */
const CHAINS: readonly (readonly [seed: number, series: number, frames: number, sha256: string])[] = [
  [1, 1, 40, '0ff4deb53b50e8dc'],
  [2, 7, 40, '62cb11aa7e84e776'],
  [3, 33, 40, '6ed84de270436087'],
  [4, 128, 40, 'd769775fb341004d'],
  [5, 129, 40, '09b93e053618b68f'],
  [6, 300, 40, 'cc057c316485fa60'],
  [7, 1000, 30, '6ee33b4ad3a09744'],
  [8, 1024, 20, 'ad64c436fe3617ac'],
  [9, 1025, 20, '1f769e958d39b429'],
  [10, 3000, 12, '46bda855e82191b7'],
  [11, 100000, 2, '0805fbb581b52520'],
];

describe('bytes of frames', () => {
  it('are written by what was compiled from the sources beside it', () => {
    const sources = new URL('../../../assembly/', import.meta.url);
    const hash = createHash('sha256');
    for (const name of readdirSync(sources).sort()) hash.update(readFileSync(new URL(name, sources)));
    expect(hash.digest('hex'), 'run scripts/build-wasm.mjs store').to.equal(COLUMNS_SOURCE_SHA256);
  });

  for (const [seed, series, frames, sha256] of CHAINS) {
    it(`are the same as ever, and hold what was written: ${frames} frames of ${series} series, seed ${seed}`, () => {
      const encoder = newEncoder({ keyFrameSlots: 16 });
      const decoder = new ChainDecoder();
      const known = new Map();
      const hash = createHash('sha256');
      for (const frame of randomChain(seed, series, frames)) {
        const encoded = encoder.encode(frame);
        hash.update(encoded.bytes);
        decodeWith(decoder, encoded, known);
        if (frame.samples !== undefined) expect(bitsByKey(decoder)).to.deep.equal(bitsOf(frame));
      }
      expect(hash.digest('hex').slice(0, 16)).to.equal(sha256);
    });
  }
});
