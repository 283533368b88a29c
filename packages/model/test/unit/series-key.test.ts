import { expect } from 'chai';
import fc from 'fast-check';
import { compareNames, formatSeriesKey, InvalidSeriesKeyError, labelSetOf, parseSeriesKey } from '../../src/index.ts';

describe('formatSeriesKey', () => {
  const cases: readonly [string, [string, string][]][] = [
    ['up', [['__name__', 'up']]],
    [
      'up{a="b",c="d"}',
      [
        ['c', 'd'],
        ['__name__', 'up'],
        ['a', 'b'],
      ],
    ],
    [
      'job:rate5m{le="+Inf"}',
      [
        ['__name__', 'job:rate5m'],
        ['le', '+Inf'],
      ],
    ],
    ['{"my.name"}', [['__name__', 'my.name']]],
    [
      '{"my.name",a="b"}',
      [
        ['__name__', 'my.name'],
        ['a', 'b'],
      ],
    ],
    [
      'up{"a:b"="1","my.label"="v"}',
      [
        ['__name__', 'up'],
        ['my.label', 'v'],
        ['a:b', '1'],
      ],
    ],
    ['{a="b"}', [['a', 'b']]],
    ['{}', []],
    [
      'up',
      [
        ['__name__', 'up'],
        ['empty', ''],
      ],
    ],
    [
      String.raw`up{a="\\ \" \n"}`,
      [
        ['__name__', 'up'],
        ['a', '\\ " \n'],
      ],
    ],
    [String.raw`{"a\"b\n"}`, [['__name__', 'a"b\n']]],
    [
      'up{__proto__="1",constructor="2"}',
      [
        ['__name__', 'up'],
        ['constructor', '2'],
        ['__proto__', '1'],
      ],
    ],
  ];
  for (const [key, entries] of cases) {
    it(`writes and reads ${key}`, () => {
      const labels = labelSetOf(entries);
      expect(formatSeriesKey(labels)).to.equal(key);
      expect(Object.entries(parseSeriesKey(key))).to.have.deep.members(entries.filter(([, value]) => value !== ''));
    });
  }

  it('sorts label names by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
        expect(Math.sign(compareNames(left, right))).to.equal(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
  });
});

describe('parseSeriesKey', () => {
  const label = fc.tuple(
    fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('__name__', '__proto__', 'constructor', 'le'),
    ),
    fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('\\', '"', '\n', '\\n', '{', ',')),
  );

  it('undoes formatSeriesKey for any label set, and the key is a single line', () => {
    fc.assert(
      fc.property(fc.array(label), (entries) => {
        const labels = labelSetOf(entries);
        const key = formatSeriesKey(labels);
        expect(key).not.to.include('\n');
        expect(Object.entries(parseSeriesKey(key))).to.have.deep.members(Object.entries(labels));
        expect(formatSeriesKey(parseSeriesKey(key))).to.equal(key);
      }),
    );
  });

  it('throws nothing but InvalidSeriesKeyError on any text', () => {
    const noise = fc
      .array(fc.constantFrom('{', '}', '"', ',', '=', '\\', 'n', 'a', ':', ' ', '1'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parseSeriesKey(text);
        } catch (error) {
          expect(error).to.be.instanceOf(InvalidSeriesKeyError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  const bad: readonly [string, number][] = [
    ['', 1],
    ['1up', 1],
    ['up ', 3],
    ['up{}', 4],
    ['up{a}', 5],
    ['up{a=}', 6],
    ['up{a="b"', 9],
    ['up{a="b",}', 10],
    ['up{a="b"}x', 10],
    ['up{a="b",a="c"}', 15],
    ['up{a:b="c"}', 7],
    ['up{"name"}', 10],
    ['{"up",__name__="x"}', 19],
    [String.raw`up{a="\t"}`, 7],
    ['up{a="b}', 9],
  ];
  for (const [text, column] of bad) {
    it(`refuses ${text} at column ${column}`, () => {
      expect(() => parseSeriesKey(text))
        .to.throw(InvalidSeriesKeyError)
        .with.property('column', column);
    });
  }
});
