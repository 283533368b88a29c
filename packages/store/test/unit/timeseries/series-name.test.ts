import { expect } from 'chai';
import fc from 'fast-check';
import { labelSetOf } from '@pulsekeeper/model';
import { escapeText, unescapeText } from '../../../src/timeseries/escaped-text.ts';
import { formatSeriesName, labelArguments, parseSeriesName } from '../../../src/timeseries/series-name.ts';

/** Texts full of what parsers stumble over. */
const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from('%=(),!\'"\\{} \n\t~:;/+a0é€\u{1f600}')),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 20,
});

describe('escapeText', () => {
  it('is undone by unescapeText, whatever the text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(unescapeText(escapeText(text))).to.equal(text);
      }),
    );
  });

  it('leaves nothing that the parsers of the module, a hash tag or a shell would take for theirs', () => {
    fc.assert(
      fc.property(texts, (text) => {
        // Blanks beyond ASCII, which \s means as well, are text to all of them.
        expect(escapeText(text)).not.to.match(/[=(),!'"\\{} \t-\r]/);
      }),
    );
  });

  for (const [text, escaped] of [
    ['/api/v1/things', '/api/v1/things'],
    ['+Inf', '+Inf'],
    ['a=b (c), "d"', 'a%3Db%20%28c%29%2C%20%22d%22'],
    ['100%', '100%25'],
    ['%3D', '%253D'],
    ['{id}\n', '%7Bid%7D%0A'],
    ['Zürich', 'Zürich'],
  ] as const) {
    it(`writes ${JSON.stringify(text)} as ${escaped}`, () => {
      expect(escapeText(text)).to.equal(escaped);
    });
  }
});

describe('formatSeriesName', () => {
  const labels = fc
    .array(
      fc.tuple(
        texts.filter((name) => name !== ''),
        texts,
      ),
      { maxLength: 5 },
    )
    .chain((pairs) => texts.map((name) => labelSetOf(name === '' ? pairs : [['__name__', name], ...pairs])));

  it('is undone by parseSeriesName, whatever the labels', () => {
    fc.assert(
      fc.property(labels, (set) => {
        const parsed = parseSeriesName(formatSeriesName(set));
        expect(Object.entries(parsed ?? {}).sort()).to.deep.equal(Object.entries(set).sort());
      }),
    );
  });

  for (const [entries, name] of [
    [[['__name__', 'up']], 'up'],
    [
      [
        ['le', '+Inf'],
        ['__name__', 'b'],
        ['handler', '/a b'],
      ],
      'b{handler=/a%20b,le=+Inf}',
    ],
    [[['a', 'b']], '{a=b}'],
    [
      [
        ['__name__', 'hidden'],
        ['zone', ''],
      ],
      'hidden{zone=}',
    ],
    [
      [
        ['__name__', 'my.name{}'],
        ['a=', '='],
      ],
      'my.name%7B%7D{a%3D=%3D}',
    ],
  ] as const) {
    it(`writes ${JSON.stringify(entries)} as ${name}`, () => {
      expect(formatSeriesName(labelSetOf(entries))).to.equal(name);
    });
  }

  for (const text of ['a{', 'a{}', 'a{b}', 'a{b=c=d}', 'a{=c}', 'a}b', 'a,b']) {
    it(`does not read ${text}`, () => {
      expect(parseSeriesName(text)).to.equal(undefined);
    });
  }
});

describe('labelArguments', () => {
  it('leaves out labels without a value, which the module refuses', () => {
    expect(
      labelArguments(
        labelSetOf([
          ['a', ''],
          ['b', 'c d'],
        ]),
      ),
    ).to.deep.equal(['b', 'c%20d']);
  });
});
