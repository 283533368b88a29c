import { expect } from 'chai';
import fc from 'fast-check';

import { formatSampleValue, isStaleMarker } from '../../../src/query/sample-value.ts';

describe('formatSampleValue', () => {
  // The right-hand sides are what Go's strconv writes through Prometheus's MarshalFloat.
  const cases: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [0.1, '0.1'],
    [1e-6, '0.000001'],
    [1e-7, '1e-07'],
    [1.5e-9, '1.5e-09'],
    [5e-324, '5e-324'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ];
  for (const [value, text] of cases) {
    it(`writes ${text}`, () => {
      expect(formatSampleValue(value)).to.equal(text);
    });
  }

  it('reads back as the same double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        Object.is(Number(formatSampleValue(value)), value),
      ),
    );
  });
});

describe('isStaleMarker', () => {
  it('tells the marker from ordinary NaNs', () => {
    const values = new Float64Array(4);
    const bits = new BigUint64Array(values.buffer);
    bits.set([0x7ff0000000000002n, 0x7ff8000000000001n, 0x7ff8000000000002n]);
    values[3] = 1;
    expect([0, 1, 2, 3].map((index) => isStaleMarker(values, index))).to.deep.equal([true, false, false, false]);
  });

  it('looks at the right element of a view into a larger buffer', () => {
    const whole = new BigUint64Array([0n, 0n, 0x7ff0000000000002n]);
    const view = new Float64Array(whole.buffer, 8, 2);
    expect([0, 1].map((index) => isStaleMarker(view, index))).to.deep.equal([false, true]);
  });
});
