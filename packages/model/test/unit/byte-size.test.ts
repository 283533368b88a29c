import { expect } from 'chai';
import fc from 'fast-check';
import { formatByteSize, InvalidByteSizeError, parseByteSize } from '../../src/index.ts';

describe('parseByteSize', () => {
  for (const [text, bytes] of [
    ['0B', 0],
    ['100B', 100],
    ['512KB', 524_288],
    ['16MB', 16_777_216],
    ['16MiB', 16_777_216],
    ['1GB', 1_073_741_824],
    ['2TiB', 2_199_023_255_552],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(parseByteSize(text)).to.equal(bytes);
    });
  }

  for (const text of ['', '16', '16mb', '1.5MB', '-1MB', '16 MB', '1PB', '1iB', '999999999999999TB', 'MB', '16MB\n']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseByteSize(text)).to.throw(InvalidByteSizeError);
    });
  }

  for (const [bytes, text] of [
    [0, '0B'],
    [1000, '1000B'],
    [1536, '1536B'],
    [2048, '2KB'],
    [16_777_216, '16MB'],
    [2 ** 42, '4TB'],
    [2 ** 52, '4096TB'],
  ] as const) {
    it(`is undone by formatByteSize for ${text}`, () => {
      expect(formatByteSize(bytes)).to.equal(text);
      expect(parseByteSize(text)).to.equal(bytes);
    });
  }

  it('undoes formatByteSize', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 31 - 1 }), (bytes) => parseByteSize(formatByteSize(bytes)) === bytes));
  });
});
