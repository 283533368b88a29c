import { expect } from 'chai';

import { formatAge, formatInstant, formatSpan } from '../../../src/output/format-age.ts';

describe('formatSpan', () => {
  const cases: readonly (readonly [number, string])[] = [
    [-5, '0ms'],
    [320, '320ms'],
    [999.4, '999ms'],
    [4_000, '4s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_199_000, '119m'],
    [7_200_000, '2h'],
    [47 * 3_600_000, '47h'],
    [48 * 3_600_000, '2d'],
  ];
  for (const [spanMs, text] of cases) {
    it(`says ${text} for ${spanMs} ms`, () => {
      expect(formatSpan(spanMs)).to.equal(text);
    });
  }
});

describe('formatAge', () => {
  it('says when there is none', () => {
    expect(formatAge(undefined, 1000)).to.equal('-');
    expect(formatAge(1000, 4000)).to.equal('3s ago');
    expect(formatAge(3100, 4000)).to.equal('0s ago');
    expect(formatAge(5000, 4000)).to.equal('0s ago');
  });
});

describe('formatInstant', () => {
  it('writes UTC and leaves zero milliseconds out', () => {
    expect(formatInstant(1_700_000_000_000)).to.equal('2023-11-14T22:13:20Z');
    expect(formatInstant(1_700_000_000_250)).to.equal('2023-11-14T22:13:20.250Z');
  });
});
