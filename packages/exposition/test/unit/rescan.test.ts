import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { expect } from 'chai';
import fc from 'fast-check';

import { BodyStore } from '../../src/body-store.ts';
import { resolveParseLimits } from '../../src/limits.ts';
import { SCAN_SOURCE_SHA256 } from '../../src/scan-wasm.ts';
import { rescan } from '../../src/rescan.ts';

const settings = { format: 'prometheus-text', limits: resolveParseLimits(undefined), isStrict: false } as const;

/** Lets the engine read one number where `1` stood before; `undefined` when it does not take it. */
function readNumber(text: string): number | undefined {
  const before = new BodyStore();
  before.set(new Uint8Array(Buffer.from('a 1\n')));
  const readings = { values: new Float64Array([1]), timestampsMs: undefined };
  const layout = { valueStarts: new Uint32Array([2]), longestLine: 3 };
  const steps = rescan(before, new Uint8Array(Buffer.from(`a ${text}\n`)), layout, settings, readings);
  const { done, value } = steps.next();
  expect(done).to.equal(true);
  return value?.values[0];
}

describe('rescan', () => {
  it('runs what was compiled from the sources beside it', () => {
    const sources = new URL('../../assembly/', import.meta.url);
    const hash = createHash('sha256');
    for (const name of readdirSync(sources).sort()) hash.update(readFileSync(new URL(name, sources)));
    expect(hash.digest('hex'), 'run scripts/build-wasm.mjs').to.equal(SCAN_SOURCE_SHA256);
  });

  it('rounds every decimal as Number() does', () => {
    const digits = (max: number): fc.Arbitrary<string> =>
      fc.string({
        unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
        minLength: 1,
        maxLength: max,
      });
    const decimal = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits(20),
        fc.option(digits(20)),
        fc.option(fc.integer({ min: -30, max: 30 })),
      )
      .map(
        ([sign, whole, fraction, exponent]) =>
          `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      );
    fc.assert(
      fc.property(decimal, (text) => Object.is(readNumber(text), Number(text))),
      { numRuns: 20_000 },
    );
  });

  it('reads every double back from its shortest form and from 17 digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        if (value === 0) return true; // String(-0) has no sign.
        return Object.is(readNumber(String(value)), value) && Object.is(readNumber(value.toPrecision(17)), value);
      }),
      { numRuns: 20_000 },
    );
  });

  it('rounds ties and near-ties between two doubles as Number() does', () => {
    const odd = fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }).map((mantissa) => 2n * mantissa + 1n);
    fc.assert(
      fc.property(odd, fc.integer({ min: 0, max: 9 }), fc.integer({ min: -1, max: 1 }), (tie, bits, off) => {
        const text = String(tie * 2n ** BigInt(bits) + BigInt(off));
        return [text, `${text}e-5`, `${text}e3`].every((one) => Object.is(readNumber(one), Number(one)));
      }),
      { numRuns: 10_000 },
    );
  });

  it('leaves to the full parse what is no number', () => {
    for (const text of ['', '.', '-', '1e', '1x', '1 2', '1e999', '--1', '1_0', '0x1']) {
      expect(readNumber(text), text).to.equal(undefined);
    }
  });

  it('reads special numbers and numbers with blanks behind them', () => {
    expect(readNumber('NaN')).to.deep.equal(NaN);
    expect(readNumber('-Inf')).to.equal(-Infinity);
    expect(readNumber('2 \t')).to.equal(2);
  });
});
