import { expect } from 'chai';
import fc from 'fast-check';
import { digitsOf, MOST_DECIMAL_BYTES, putDecimal } from '../../../src/timeseries/decimal-text.ts';

function textOf(value: number): string {
  const bytes = Buffer.alloc(MOST_DECIMAL_BYTES + 2, '#');
  const length = putDecimal(bytes, 1, value);
  expect(bytes[0], 'before').to.equal(35);
  expect(bytes[1 + length], 'behind').to.equal(35);
  return bytes.toString('latin1', 1, 1 + length);
}

describe('putDecimal', () => {
  it('writes every finite double so that the same double is read back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(Number(textOf(value)), value), textOf(value)).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('writes whole numbers digit by digit', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(textOf(value)).to.equal(String(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('writes short decimals as the language does', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 8 }), (digits, decimals) => {
        for (const value of [digits / 10 ** decimals, (digits % 1e7) / 10 ** decimals]) {
          expect(textOf(value)).to.equal(Object.is(value, -0) ? '-0' : String(value));
        }
      }),
      { numRuns: 5_000 },
    );
  });

  for (const [value, text] of [
    [0, '0'],
    [-0, '-0'],
    [999_999_999, '999999999'],
    [1_000_000_000, '1000000000'],
    [-1_000_000_001, '-1000000001'],
    [4_294_967_296, '4294967296'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [0.1, '0.1'],
    [-0.25, '-0.25'],
    [1.005, '1.005'],
    [0.000001, '0.000001'],
    [0.30000000000000004, '0.30000000000000004'],
    [99_999_999.999999, '99999999.999999'],
    [999_999_999.999999, '999999999.999999'],
    [1_000_000_000.000001, '1000000000.000001'],
    [-0.0000010000003913980242, '-0.0000010000003913980242'],
    [-123_456_789_012_345_680_000, '-123456789012345680000'],
    [1e21, '1e+21'],
  ] as const) {
    it(`writes ${text}`, () => {
      expect(textOf(value)).to.equal(text);
    });
  }
});

describe('digitsOf', () => {
  it('counts decimal digits', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(digitsOf(value)).to.equal(String(value).length);
      }),
    );
  });
});
