import { expect } from 'chai';
import fc from 'fast-check';
import { MOST_WIDTH, putPadded, widthFor } from '../../../src/timeseries/padded-decimal.ts';

const MARK = 35;

function textOf(width: number, value: number): string | undefined {
  const bytes = Buffer.alloc(width + 2, '#');
  if (!putPadded(bytes, 1, width, value)) {
    expect(bytes.every((byte) => byte === MARK)).to.equal(true);
    return undefined;
  }
  expect(bytes[0], 'before').to.equal(MARK);
  expect(bytes[1 + width], 'behind').to.equal(MARK);
  return bytes.toString('latin1', 1, 1 + width);
}

const numbers = fc.oneof(
  fc.integer({ min: -2_000, max: 20_000 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 1, max: 9 })).map(([digits, decimals]) => digits / 10 ** decimals),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e21, -1e-7, 5e-324, 2 ** 53, 123_456_789_012_345_680_000),
);

describe('putPadded', () => {
  it('writes a number that reads back as the same, of just the width, in the grammar of JSON, or nothing', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: MOST_WIDTH }), (value, width) => {
        const text = textOf(width, value);
        const shortest = Object.is(value, -0) ? '-0' : String(value);
        const isWhole = /^-?\d+$/.test(shortest);
        const doesFit = shortest.length === width || shortest.length + (isWhole ? 2 : 1) <= width;
        expect(text !== undefined, `${value} in ${width}`).to.equal(doesFit);
        if (text === undefined) return;
        expect(text).to.match(/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/);
        expect(Object.is(Number(text), value), text).to.equal(true);
      }),
      { numRuns: 3_000 },
    );
  });

  for (const [value, width, text] of [
    [12, 2, '12'],
    [12, 3, undefined],
    [12, 4, '12.0'],
    [-12, 6, '-12.00'],
    [0, 10, '0.00000000'],
    [-0, 5, '-0.00'],
    [1.5, 4, '1.50'],
    [999_999_999, 12, '999999999.00'],
    [1_000_000_000, 12, '1000000000.0'],
    [1e21, 7, '1e+0021'],
    [5e-324, 8, '5e-00324'],
    [12.5, 3, undefined],
  ] as const) {
    it(`writes ${text ?? 'nothing'} for ${Object.is(value, -0) ? '-0' : value} in ${width} bytes`, () => {
      expect(textOf(width, value)).to.equal(text);
    });
  }
});

describe('widthFor', () => {
  it('has room for the number, and for whole numbers of further digits', () => {
    fc.assert(
      fc.property(numbers, (value) => {
        const width = widthFor(value);
        expect(width).to.be.within(10, MOST_WIDTH);
        expect(textOf(width, value)).to.not.equal(undefined);
      }),
    );
    expect(widthFor(99_999_999)).to.equal(11);
    expect(widthFor(7)).to.equal(10);
  });
});
