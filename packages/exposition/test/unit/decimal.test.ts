import { expect } from 'chai';
import fc from 'fast-check';

import {
  DECIMAL_INVALID,
  DECIMAL_OK,
  DECIMAL_OUT_OF_RANGE,
  readDecimal,
  readUnsignedInteger,
} from '../../src/decimal.ts';

function read(text: string): number | string {
  // What stands around the number must not matter.
  const bytes = new Uint8Array(Buffer.from(`7${text}7`));
  const target = new Float64Array(2);
  const outcome = readDecimal(bytes, 1, bytes.length - 1, target, 1);
  return outcome === DECIMAL_OK ? (target[1] ?? NaN) : outcome === DECIMAL_OUT_OF_RANGE ? 'out of range' : 'invalid';
}

const digits = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'), minLength: 1, maxLength: max });

describe('readDecimal', () => {
  it('reads numbers in all their forms', () => {
    const table: readonly (readonly [string, number])[] = [
      ['0', 0],
      ['-0', -0],
      ['+1', 1],
      ['007', 7],
      ['1.', 1],
      ['.5', 0.5],
      ['-.5e1', -5],
      ['1e5', 1e5],
      ['1E+05', 1e5],
      ['12345678901234567890', 12345678901234567000],
      ['9007199254740993', 9007199254740992],
      ['0.1', 0.1],
      ['1e-400', 0],
      ['-1e-400', -0],
      ['0e999999999999', 0],
      ['4.9e-324', 5e-324],
      ['1.7976931348623157e308', Number.MAX_VALUE],
      ['NaN', NaN],
      ['nan', NaN],
      ['Inf', Infinity],
      ['+Inf', Infinity],
      ['-Inf', -Infinity],
      ['inFinity', Infinity],
      ['-infinity', -Infinity],
    ];
    for (const [text, value] of table) expect(Object.is(read(text), value), text).to.equal(true);
  });

  it('refuses what is not a number, and what is one only elsewhere', () => {
    const texts = [
      '',
      '.',
      '+',
      '-',
      'e5',
      '1e',
      '1e+',
      '1_000',
      '0x10',
      '0x1p-3',
      '0b1',
      '0o7',
      '1,5',
      ' 1',
      '1 ',
      '+NaN',
      '-nan',
      'infi',
      'Infinit',
      'infinityy',
      '--1',
      '1.2.3',
      '1e1.5',
      '١',
    ];
    for (const text of texts) expect(read(text), text).to.equal('invalid');
  });

  it('refuses decimals that no double comes near', () => {
    for (const text of ['1e309', '-1e309', '1.8e308', `1${'0'.repeat(400)}`])
      expect(read(text), text).to.equal('out of range');
  });

  it('rounds every decimal as Number() does', () => {
    const decimal = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits(25),
        fc.option(digits(25)),
        fc.option(fc.integer({ min: -340, max: 300 })),
      )
      .map(
        ([sign, whole, fraction, exponent]) =>
          `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      );
    fc.assert(
      fc.property(decimal, (text) => {
        const expected = Number(text);
        const value = read(text);
        return Number.isFinite(expected) ? Object.is(value, expected) : value === 'out of range';
      }),
      { numRuns: 20_000 },
    );
  });

  it('reads every double back from its shortest form and from 17 digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        if (value === 0) return true; // String(-0) has no sign.
        return Object.is(read(String(value)), value) && Object.is(read(value.toPrecision(17)), value);
      }),
      { numRuns: 20_000 },
    );
  });

  it('rounds ties and near-ties between two doubles as Number() does', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: -1, max: 1 }),
        (mantissa, bits, off) => {
          const text = String((2n * mantissa + 1n) * 2n ** BigInt(bits - 1) + BigInt(off));
          return Object.is(read(text), Number(text)) && Object.is(read(`${text}e-5`), Number(`${text}e-5`));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('says which kind of bad it is by a small integer', () => {
    expect([DECIMAL_OK, DECIMAL_INVALID, DECIMAL_OUT_OF_RANGE]).to.deep.equal([0, 1, 2]);
  });
});

describe('readUnsignedInteger', () => {
  const readInteger = (text: string): number => readUnsignedInteger(new Uint8Array(Buffer.from(text)), 0, text.length);

  it('reads digits up to 63 bits', () => {
    expect(readInteger('0')).to.equal(0);
    expect(readInteger('1700000000000')).to.equal(1_700_000_000_000);
    expect(readInteger('9223372036854775807')).to.equal(2 ** 63);
    expect(readInteger('0000000000000000000000001')).to.equal(1);
  });

  it('refuses everything else', () => {
    for (const text of ['', '-1', '+1', '1.5', '1e3', '1_0', 'x', '9223372036854775808', '99999999999999999999']) {
      expect(readInteger(text), text).to.equal(-1);
    }
  });
});
