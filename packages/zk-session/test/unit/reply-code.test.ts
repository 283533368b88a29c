import { expect } from 'chai';

import { takeReplyCode } from '../../src/reply-code.ts';

function reply(code: number): Buffer {
  const frame = Buffer.alloc(20);
  frame.writeInt32BE(16, 0);
  frame.writeInt32BE(code, 16);
  return frame;
}

describe('takeReplyCode', () => {
  it('leaves codes that the library knows', () => {
    for (const code of [0, -101, -110, -112]) {
      const frame = reply(code);
      expect(takeReplyCode(frame)).to.equal(code);
      expect(frame).to.deep.equal(reply(code));
    }
  });

  it('replaces codes at which the library would throw', () => {
    for (const code of [-125, -118, -999, 7]) {
      const frame = reply(code);
      expect(takeReplyCode(frame)).to.equal(code);
      expect(frame).to.deep.equal(reply(-1));
    }
  });

  it('leaves a frame that is too short for a code alone', () => {
    expect(takeReplyCode(Buffer.alloc(19))).to.equal(0);
  });
});
