import { expect } from 'chai';

import { DEFAULT_PARSE_LIMITS, ExpositionParser, LimitError, parseExposition } from '../../src/index.ts';
import type { LimitName, ParseLimits } from '../../src/index.ts';

const text = (body: string): Uint8Array => new Uint8Array(Buffer.from(body));

function exceeded(body: string, limits: ParseLimits): string {
  const names = [
    () => parseExposition(text(body), 'prometheus-text', { limits }),
    () => new ExpositionParser({ limits }).parse(text(body), 'prometheus-text'),
  ].map((parse) => {
    try {
      parse();
      return 'none';
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      return `${error.limit} ${error.value} ${error.line}:${error.column}`;
    }
  });
  expect(names[0], 'both parsers agree').to.equal(names[1]);
  return names[0] ?? '';
}

describe('parse limits', () => {
  it('refuse what goes over one of them and take what just reaches it', () => {
    const table: readonly (readonly [
      limits: ParseLimits,
      within: string,
      over: string,
      limit: LimitName,
      place: string,
    ])[] = [
      [{ maxSamples: 2 }, 'a 1\na 1\n', 'a 1\na 1\nb 1\n', 'samples', '2 3:1'],
      [{ maxLabels: 1 }, 'a{b="c"} 1\n', 'a{b="c",d="e"} 1\n', 'labels', '1 1:9'],
      [{ maxLabelNameBytes: 3 }, 'abc{abc="x"} 1\n', 'abcd 1\n', 'label_name_bytes', '3 1:1'],
      [{ maxLabelNameBytes: 3 }, '{"abc"} 1\n', 'abc{abcd="x"} 1\n', 'label_name_bytes', '3 1:5'],
      [{ maxLabelNameBytes: 3 }, '# HELP abc x\n', '# HELP abcd x\n', 'label_name_bytes', '3 1:8'],
      [{ maxLabelValueBytes: 2 }, 'a{b="é"} 1\n', 'a{b="éx"} 1\n', 'label_value_bytes', '2 1:6'],
      [{ maxLineBytes: 10 }, 'a 12345678\n', 'a 123456789\n', 'line_bytes', '10 1:1'],
      [{ maxLineBytes: 10 }, '# 45678910\n', 'a 1\n# 456789101\n', 'line_bytes', '10 2:1'],
      [
        { maxMetricFamilies: 1 },
        '# HELP a x\n# TYPE a gauge\n',
        '# HELP a x\n# HELP b x\n',
        'metric_families',
        '1 2:8',
      ],
    ];
    for (const [limits, within, over, limit, place] of table) {
      expect(exceeded(within, limits), within).to.equal('none');
      expect(exceeded(over, limits), over).to.equal(`${limit} ${place}`);
    }
  });

  it('hold for a line that grows from one body to the next', () => {
    const parser = new ExpositionParser({ limits: { maxLineBytes: 12 } });
    parser.parse(text('a 1234567\n'), 'prometheus-text');
    parser.parse(text('a 1234567890\n'), 'prometheus-text');
    expect(() => parser.parse(text('a 12345678901\n'), 'prometheus-text')).to.throw(LimitError);
  });

  it('have defaults that stop a hostile body', () => {
    expect(exceeded(`a{b="${'x'.repeat(5000)}"} 1\n`, {})).to.match(/^label_value_bytes 4096 /);
    expect(exceeded('x'.repeat(100_000), {})).to.match(/^label_name_bytes 256 /);
    expect(exceeded(`#${' '.repeat(100_000)}`, {})).to.match(/^line_bytes 65536 /);
    expect(DEFAULT_PARSE_LIMITS.maxSamples).to.equal(500_000);
  });

  it('can be switched off, and must be positive numbers', () => {
    expect(
      exceeded(`a{b="${'x'.repeat(100_000)}"} 1\n`, { maxLabelValueBytes: Infinity, maxLineBytes: Infinity }),
    ).to.equal('none');
    expect(() => new ExpositionParser({ limits: { maxSamples: 0 } })).to.throw(RangeError, 'maxSamples');
    expect(() => new ExpositionParser({ limits: { maxLabels: NaN } })).to.throw(RangeError, 'maxLabels');
  });

  it('keep thousands of labels, once allowed, from costing quadratic time', () => {
    const labels = Array.from({ length: 20_000 }, (_, i) => `l${(i * 7919) % 20_000}="x"`).join(',');
    const start = performance.now();
    expect(exceeded(`a{${labels}} 1\n`, { maxLabels: Infinity, maxLineBytes: Infinity })).to.equal('none');
    expect(performance.now() - start).to.be.below(1000);
  });
});
