import { expect } from 'chai';
import fc from 'fast-check';
import { formatDuration, InvalidDurationError, parseDuration } from '../../src/index.ts';

describe('parseDuration', () => {
  const good: readonly [string, number][] = [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['15s', 15_000],
    ['1m30s', 90_000],
    ['1h30m', 5_400_000],
    ['3d', 259_200_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['1y2w3d4h5m6s7ms', 33_019_506_007],
    ['90m', 5_400_000],
    ['007s', 7000],
  ];
  for (const [text, ms] of good) {
    it(`reads ${text}`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });
  }

  const bad = [
    '',
    ' ',
    '5',
    '-1s',
    '+1s',
    '1.5s',
    '1 s',
    ' 1s',
    '1s ',
    '1s\n',
    '10 years',
    '1S',
    '1s1m',
    '1s1s',
    'NaN',
    '1µs',
    '１s',
  ].concat(['ms', '1e3s', '0x1s', '293y', '99999999999999999999y', '9'.repeat(1000) + 's', '__proto__']);
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(() => parseDuration(text))
        .to.throw(InvalidDurationError)
        .with.property('code', 'InvalidDuration');
    });
  }

  it('quotes and cuts the text in its message', () => {
    expect(() => parseDuration('x'.repeat(500))).to.throw(InvalidDurationError, /^"x{10,60}… is not a duration/);
  });
});

describe('formatDuration', () => {
  const cases: readonly [number, string][] = [
    [0, '0s'],
    [1, '1ms'],
    [1500, '1s500ms'],
    [15_000, '15s'],
    [5_400_000, '1h30m'],
    [604_800_000, '1w'],
    [691_200_000, '8d'],
    [31_536_000_000, '1y'],
  ];
  for (const [ms, text] of cases) {
    it(`writes ${ms} ms as ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text);
    });
  }

  it('is undone by parseDuration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_223_372_036_854 }), (ms) => parseDuration(formatDuration(ms)) === ms),
    );
  });

  for (const wrong of [-1, NaN, Infinity, 1e300]) {
    it(`refuses ${wrong}`, () => {
      expect(() => formatDuration(wrong)).to.throw(RangeError);
    });
  }
});
