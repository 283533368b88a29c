import { expect } from 'chai';
import fc from 'fast-check';

import { FrameSplitter } from '../../src/frame-splitter.ts';

function frameOf(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

describe('FrameSplitter', () => {
  it('yields the same frames however the bytes are cut', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (payloads, sizes) => {
        const bytes = Buffer.concat(payloads.map(frameOf));
        const splitter = new FrameSplitter();
        const got: Buffer[] = [];
        for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const frame of splitter.push(bytes.subarray(start, start + size))) got.push(Buffer.from(frame));
          start += size;
        }
        expect(got).to.deep.equal(payloads.map(frameOf));
      }),
    );
  });

  it('takes a long answer in small chunks in linear time', () => {
    // Joining at every chunk would copy 8 MB × 8192 / 2 = 32 GB.
    const frame = frameOf(Buffer.alloc(8 * 1024 * 1024, 7));
    const splitter = new FrameSplitter();
    const startedAtMs = performance.now();
    const got: Buffer[] = [];
    for (let start = 0; start < frame.length; start += 1024)
      got.push(...splitter.push(frame.subarray(start, start + 1024)));
    expect(got).to.have.lengthOf(1);
    expect(got[0]?.equals(frame)).to.equal(true);
    expect(performance.now() - startedAtMs).to.be.below(2000);
  });

  for (const length of [-1, 0x7fff_ffff, 64 * 1024 * 1024 + 1]) {
    it(`refuses a frame of ${length} bytes at once`, () => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(length);
      expect(() => [...new FrameSplitter().push(bytes)]).to.throw(RangeError, `${length}`);
    });
  }
});
