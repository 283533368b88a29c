import { expect } from 'chai';

import { ExpositionParser, parseExposition, ParseError } from '../../src/index.ts';
import type { ExpositionFormat, ParseErrorCode } from '../../src/index.ts';

const bytes = (body: string): Uint8Array => new Uint8Array(Buffer.from(body, 'latin1'));
const utf8 = (body: string): Uint8Array => new Uint8Array(Buffer.from(body));

/** `code line:column` of the refusal, or `accepted`: the same from both parsers. */
function verdict(body: string, format: ExpositionFormat, strict = false): string {
  const [byObjects, byColumns] = [
    () => parseExposition(bytes(body), format, { strict }),
    () => new ExpositionParser({ strict }).parse(bytes(body), format),
  ].map((parse) => {
    try {
      parse();
      return 'accepted';
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      return `${error.code} ${error.line}:${error.column}`;
    }
  });
  expect(byColumns, body).to.equal(byObjects);
  return byObjects ?? '';
}

type Refusal = readonly [body: string, code: ParseErrorCode, place: string];

describe('parseExposition', () => {
  it('reads samples as they are written, duplicates and empty labels included', () => {
    const { samples } = parseExposition(utf8('a{x="",y="1"} 1\na{x="",y="1"} 2 3\n{"b.c"} NaN\n'), 'prometheus-text');
    expect(
      samples.map(({ name, labels, value, timestampMs }) => ({ name, labels: { ...labels }, value, timestampMs })),
    ).to.deep.equal([
      { name: 'a', labels: { x: '', y: '1' }, value: 1, timestampMs: undefined },
      { name: 'a', labels: { x: '', y: '1' }, value: 2, timestampMs: 3 },
      { name: 'b.c', labels: {}, value: NaN, timestampMs: undefined },
    ]);
  });

  it('lets a label have any name', () => {
    const { samples } = parseExposition(utf8('a{constructor="x",__proto__="y"} 1\n'), 'prometheus-text');
    expect(Object.entries(samples[0]?.labels ?? {})).to.deep.equal([
      ['__proto__', 'y'],
      ['constructor', 'x'],
    ]);
  });

  it('undoes escapes in values and names, and leaves other backslashes alone', () => {
    const { samples } = parseExposition(
      utf8('a{b="\\\\ \\" \\n \\t é",c="raw\nline"} 1\n{"n\\"\\n"} 1\n'),
      'prometheus-text',
    );
    expect({ ...samples[0]?.labels }).to.deep.equal({ b: '\\ " \n \\t é', c: 'raw\nline' });
    expect(samples[1]?.name).to.equal('n"\n');
  });

  it('reads metadata: the last line of a kind wins, untyped is unknown', () => {
    const body = '# HELP a one\n# TYPE a untyped\n# HELP a two\\n\\\\ "x"\n#  HELP b\n# HELPER c d\na 1\n';
    expect(parseExposition(utf8(body), 'prometheus-text').metadata).to.deep.equal([
      { name: 'a', type: 'unknown', help: 'two\n\\ "x"', unit: '' },
      { name: 'b', type: 'unknown', help: '', unit: '' },
    ]);
  });

  it('reads OpenMetrics timestamps, exemplars, units and start timestamps', () => {
    const body = `# TYPE t_seconds histogram
# UNIT t_seconds seconds
# HELP t_seconds Say \\"how\\" long.
t_seconds_bucket{le="+Inf"} 2 1.001 # {id="x"} 0.25 3.5
t_seconds_sum 0.5
t_seconds_count 2
t_seconds_created 1520430000.123
other_created 7
# EOF
`;
    const { samples, metadata } = parseExposition(utf8(body), 'openmetrics');
    expect(metadata).to.deep.equal([
      { name: 't_seconds', type: 'histogram', help: 'Say "how" long.', unit: 'seconds' },
    ]);
    expect(samples[0]).to.deep.include({ timestampMs: 1001, startTimestampMs: 1520430000123 });
    expect(samples[0]?.exemplar).to.deep.include({ value: 0.25, timestampMs: 3500 });
    expect(samples.map((sample) => sample.startTimestampMs)).to.deep.equal([
      1520430000123,
      1520430000123,
      1520430000123,
      undefined,
      undefined,
    ]);
  });

  it('takes a counter without its suffix for one that has begun when it says', () => {
    const body = '# TYPE a counter\na 20\na_total 21\na_created 1.5\n# EOF\n';
    const { samples } = parseExposition(utf8(body), 'openmetrics');
    expect(samples.map((sample) => sample.startTimestampMs)).to.deep.equal([1500, 1500, undefined]);
  });

  it('says where and why it refuses a body of the text format', () => {
    const refusals: readonly Refusal[] = [
      ['a 1\n0b 1\n', 'invalid_start', '2:1'],
      ['{x="1"} 1\n', 'missing_name', '1:1'],
      ['{"a","b"} 1\n', 'name_already_set', '1:7'],
      ['a{"b"} 1\n', 'name_already_set', '1:4'],
      ['{""} 1\n', 'invalid_name', '1:3'],
      ['a{1="x"} 1\n', 'expected_label_name', '1:3'],
      ['a{b:"x"} 1\n', 'expected_equals', '1:4'],
      ['{A} 0\n', 'expected_equals', '1:3'],
      ['a{b=x} 1\n', 'expected_label_value', '1:5'],
      ['a{b="x} 1\n', 'invalid_string', '1:5'],
      ['a{b="\\\n"} 1\n', 'invalid_string', '1:6'],
      ['a{b="\xff"} 1\n', 'invalid_utf8', '1:5'],
      ['# HELP a \xc3\n', 'invalid_utf8', '1:10'],
      ['a{__name__="b"} 1\n', 'reserved_label', '1:3'],
      ['a{b="1",c="2",b="3"} 1\n', 'duplicate_label', '1:15'],
      ['a{"b\\n"="1","b\n"="2"} 1\n', 'duplicate_label', '1:14'],
      ['a\n', 'expected_value', '1:2'],
      ['\n\na{} \n', 'expected_value', '3:5'],
      ['a 1x\n', 'invalid_value', '1:3'],
      ['a 1e999\n', 'value_out_of_range', '1:3'],
      ['a 1 -5\n', 'invalid_timestamp', '1:5'],
      ['a 1 1.5\n', 'invalid_timestamp', '1:5'],
      ['a 1 5 x\n', 'trailing_data', '1:7'],
      ['# TYPE a meter\n', 'invalid_type', '1:10'],
      ['# TYPE a\n', 'invalid_type', '1:9'],
      ['# HELP 1\n', 'invalid_metadata', '1:8'],
      ['# HELP a\0b\n', 'invalid_metadata', '1:9'],
      ['# TYPE "a"\0counter\n', 'invalid_metadata', '1:11'],
      ['a\u0000b 1\n', 'invalid_value', '1:2'],
      ['{"a\u0000b"} 1\n', 'invalid_name', '1:4'],
      ['a{"\u0000"="b"} 1\n', 'invalid_name', '1:4'],
      ['# HELP "a\u0000" x\n', 'invalid_name', '1:10'],
    ];
    for (const [body, code, place] of refusals)
      expect(verdict(body, 'prometheus-text'), body).to.equal(`${code} ${place}`);
  });

  it('says where and why it refuses a body of OpenMetrics', () => {
    const refusals: readonly Refusal[] = [
      ['a 1\n', 'missing_eof', '2:1'],
      ['a 1', 'missing_eof', '1:4'],
      ['# EOF\na 1\n', 'data_after_eof', '1:6'],
      ['# EOF\n\n', 'data_after_eof', '1:6'],
      ['\n# EOF\n', 'invalid_start', '1:1'],
      ['a  1\n# EOF\n', 'expected_value', '1:3'],
      ['a{b="1"c="2"} 1\n# EOF\n', 'expected_comma', '1:8'],
      ['a{ b="1"} 1\n# EOF\n', 'expected_label_name', '1:3'],
      ['a{b="x\ny"} 1\n# EOF\n', 'invalid_string', '1:5'],
      ['a 1 NaN\n# EOF\n', 'invalid_timestamp', '1:5'],
      ['a 1 \n# EOF\n', 'invalid_timestamp', '1:5'],
      ['a 1 1 x\n# EOF\n', 'trailing_data', '1:6'],
      ['a 1 # {} 1 x\n# EOF\n', 'invalid_timestamp', '1:12'],
      ['a 1 # {}\n# EOF\n', 'invalid_exemplar', '1:9'],
      ['a 1 # {"x"} 1\n# EOF\n', 'expected_equals', '1:11'],
      ['# comment\n# EOF\n', 'invalid_metadata', '1:1'],
      ['# HELP a\n# EOF\n', 'invalid_metadata', '1:9'],
      ['# TYPE a untyped\n# EOF\n', 'invalid_type', '1:10'],
      ['# UNIT a seconds\n# EOF\n', 'invalid_unit', '1:10'],
      ['{"a\u0000b"} 1\n# EOF\n', 'invalid_name', '1:4'],
      ['# HELP "a\u0000" x\n# EOF\n', 'invalid_name', '1:10'],
    ];
    for (const [body, code, place] of refusals) expect(verdict(body, 'openmetrics'), body).to.equal(`${code} ${place}`);
  });

  it('takes NUL in label values, help and comments', () => {
    const body = 'a{b="x\u0000"} 1\n# HELP a x\u0000\n# \u0000\n';
    expect(verdict(body, 'prometheus-text')).to.equal('accepted');
    expect(verdict('# HELP a x\u0000\na{b="\u0000"} 1\n# EOF\n', 'openmetrics')).to.equal('accepted');
  });

  it('does not take the labels of exemplars for those of a series', () => {
    const many = Array.from({ length: 70 }, (_, index) => `l${index}="x"`).join(',');
    for (const labels of ['x="1",x="2"', '__name__="b"', many]) {
      const body = `# TYPE a counter\na_total 1 # {${labels}} 1\n# EOF\n`;
      expect(verdict(body, 'openmetrics'), labels).to.equal('accepted');
      expect(verdict(body, 'openmetrics', true), labels).not.to.equal('accepted');
    }
  });

  it('takes an empty body in both formats', () => {
    expect(verdict('', 'prometheus-text')).to.equal('accepted');
    expect(verdict('', 'openmetrics')).to.equal('accepted');
  });

  it('takes by default and refuses in strict mode what only the specifications refuse', () => {
    const refusals: readonly (readonly [ExpositionFormat, ...Refusal])[] = [
      ['openmetrics', '', 'missing_eof', '1:1'],
      ['openmetrics', 'a{b="1",} 1\n# EOF\n', 'strict_syntax', '1:9'],
      ['openmetrics', '# HELP a x\n# HELP a x\n# EOF\n', 'strict_metadata', '2:1'],
      ['openmetrics', 'a 1\n# HELP a x\n# EOF\n', 'strict_metadata', '2:1'],
      ['openmetrics', '# TYPE a counter\na -1\n# EOF\n', 'strict_metadata', '3:1'],
      ['openmetrics', '# TYPE a counter\na_total -1\n# EOF\n', 'strict_sample_value', '2:1'],
      ['openmetrics', '# TYPE a summary\na{quantile="2"} 1\n# EOF\n', 'strict_labels', '2:1'],
      ['openmetrics', '# TYPE a gauge\na 1 # {} 1\n# EOF\n', 'strict_exemplar', '2:1'],
      ['openmetrics', '# TYPE a gauge\na{x="1"} 1\na{x="2"} 1\na{x="1"} 1\n# EOF\n', 'strict_order', '4:1'],
      ['openmetrics', '# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n', 'strict_histogram', '3:1'],
      ['openmetrics', '{"a",} 1\n# EOF\n', 'strict_syntax', '1:6'],
      ['openmetrics', '# TYPE a gauge\na 1 1.0002\na 2 1.0001\n# EOF\n', 'strict_order', '3:1'],
      ['prometheus-text', 'a 1', 'strict_syntax', '1:4'],
      ['prometheus-text', '# HELP a x', 'strict_syntax', '1:11'],
      ['prometheus-text', 'a 1\n# c', 'strict_syntax', '2:4'],
      ['prometheus-text', 'a{b="c"d="e"} 1\n', 'strict_syntax', '1:8'],
      ['prometheus-text', 'a 1 \n', 'strict_syntax', '1:4'],
      ['prometheus-text', 'a 1 5 \n', 'strict_syntax', '1:6'],
      ['prometheus-text', 'a{b="\\t"} 1\n', 'strict_syntax', '1:1'],
      ['prometheus-text', '# HELP a-b x\n', 'strict_syntax', '1:9'],
      ['prometheus-text', 'a 1\n# TYPE a gauge\n', 'strict_metadata', '2:1'],
      ['prometheus-text', '# TYPE a histogram\na_bucket{le="x"} 1\n', 'strict_labels', '2:1'],
      ['prometheus-text', '# TYPE a histogram\na_count -1\n', 'strict_sample_value', '2:9'],
    ];
    for (const [format, body, code, place] of refusals) {
      expect(verdict(body, format), body).to.equal('accepted');
      expect(verdict(body, format, true), body).to.equal(`${code} ${place}`);
    }
  });
});
