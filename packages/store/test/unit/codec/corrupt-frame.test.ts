import { expect } from 'chai';
import fc from 'fast-check';
import { ChainDecoder } from '../../../src/codec/chain-decoder.ts';
import { readFrameHeader } from '../../../src/codec/frame-header.ts';
import { CorruptFrame } from '../../../src/errors.ts';
import { decodeWith, frameOf, newEncoder, schemaOf } from './chain-support.ts';

const SERIES = 200;
const schema = schemaOf(Array.from({ length: SERIES }, (_, index) => `m{i="${index}"}`));

function valuesAt(step: number): Float64Array {
  return Float64Array.from({ length: SERIES }, (_, index) => (index % 5 === 0 ? Math.sin(index + step) : index * step));
}

/** A chain of sound frames. */
const sound = (() => {
  const encoder = newEncoder();
  return Array.from({ length: 6 }, (_, step) => {
    const frame = encoder.encode(frameOf(step + 1, {}, { samples: { schema, values: valuesAt(step) } }));
    return { ...frame, bytes: Buffer.from(frame.bytes) };
  });
})();

/** Decodes; anything but a {@link CorruptFrame} fails the test. */
function tryDecode(decoder: ChainDecoder, bytes: Uint8Array): 'frame' | 'corrupt' {
  try {
    const ids = readFrameHeader(bytes, 15_000).schemaIds;
    decoder.decode(bytes, 15_000, ids.length === 0 ? [] : [schema]);
    return 'frame';
  } catch (error) {
    if (!(error instanceof CorruptFrame)) throw error;
    return 'corrupt';
  }
}

function decoderAfter(frames: number): ChainDecoder {
  const decoder = new ChainDecoder();
  for (const frame of sound.slice(0, frames)) decodeWith(decoder, frame, new Map());
  return decoder;
}

describe('corrupt frames', () => {
  it('are refused, or read as some frame, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        tryDecode(decoderAfter(1), bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('are refused, or read as some frame, when sound ones are altered', () => {
    fc.assert(
      fc.property(
        fc.nat(sound.length - 1),
        fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.option(fc.nat(4000)),
        (which, edits, cut) => {
          const decoder = decoderAfter(which);
          const bytes = Uint8Array.from(sound[which]!.bytes);
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          tryDecode(decoder, cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are refused when cut short anywhere', () => {
    const bytes = sound[0]!.bytes;
    for (let length = 0; length < bytes.length; length++) {
      expect(tryDecode(new ChainDecoder(), bytes.subarray(0, length)), `${length} bytes`).to.equal('corrupt');
    }
  });

  it('are refused when they follow no key frame or skip one of the chain', () => {
    expect(tryDecode(new ChainDecoder(), sound[1]!.bytes)).to.equal('corrupt');
    expect(tryDecode(decoderAfter(1), sound[2]!.bytes)).to.equal('corrupt');
    expect(tryDecode(decoderAfter(2), sound[1]!.bytes)).to.equal('corrupt');
  });

  it('leave the decoder waiting for a key frame', () => {
    const decoder = decoderAfter(2);
    tryDecode(decoder, sound[4]!.bytes);
    expect(decoder.isFollowing).to.equal(false);
    expect(tryDecode(decoder, sound[2]!.bytes)).to.equal('corrupt');
    expect(tryDecode(decoder, sound[0]!.bytes)).to.equal('frame');
  });

  it('of a later version are named as such', () => {
    const bytes = Buffer.from(sound[0]!.bytes);
    bytes[0] = 0x21;
    expect(() => readFrameHeader(bytes, 1)).to.throw(CorruptFrame, 'version 2');
  });
});
