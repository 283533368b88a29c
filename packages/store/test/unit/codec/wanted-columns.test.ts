import { expect } from 'chai';
import fc from 'fast-check';
import { ChainDecoder } from '../../../src/codec/chain-decoder.ts';
import { decodeWith, frameOf, newEncoder, schemaOf } from './chain-support.ts';

const SERIES = 300;
const schema = schemaOf(Array.from({ length: SERIES }, (_, index) => `m{i="${index}"}`));

const value = fc.oneof(fc.constantFrom(0, -0, 1, 0.25, Number.NaN, Infinity), fc.nat(1000), fc.double());
/** Columns that take a value in a frame; the others stay as they were. */
const changes = fc.array(fc.tuple(fc.nat(SERIES - 1), value), { maxLength: 60 });
const frames = fc.array(changes, { minLength: 1, maxLength: 12 });

describe('decoding some columns of a chain alone', () => {
  it('gives for these what decoding all of them gives, with a decoder that followed another chain before', () => {
    const some = new ChainDecoder();
    const blocks = fc.tuple(fc.nat(128), fc.nat(128), fc.nat(44));
    fc.assert(
      fc.property(frames, blocks, (chain, blockColumns) => {
        const encoder = newEncoder();
        const all = new ChainDecoder();
        const wanted = Uint8Array.from(blockColumns);
        const values = Float64Array.from({ length: SERIES }, (_, index) => index);
        some.startOver();
        for (const [step, changed] of chain.entries()) {
          for (const [column, next] of changed) values[column] = next;
          const encoded = encoder.encode(frameOf(step + 1, {}, { samples: { schema, values } }));
          decodeWith(all, encoded, new Map());
          some.decode(encoded.bytes, encoded.slotMs, step === 0 ? [schema] : [], wanted);
          for (const [block, columns] of blockColumns.entries()) {
            const [from, to] = [block * 256, block * 256 + columns * 2];
            expect(some.state.words.subarray(from, to)).to.deep.equal(all.state.words.subarray(from, to));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('needs a key frame after starting over', () => {
    const encoder = newEncoder();
    const decoder = new ChainDecoder();
    decodeWith(decoder, encoder.encode(frameOf(1, { a: 1 })), new Map());
    decoder.startOver();
    const delta = encoder.encode(frameOf(2, { a: 2 }));
    expect(() => decoder.decode(delta.bytes, delta.slotMs, [])).to.throw('no key frame');
  });
});
