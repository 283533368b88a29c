import { expect } from 'chai';
import fc from 'fast-check';
import { compileMatchers, InvalidSelectorError, labelSetOf, parseSelector, type Matcher } from '../../src/index.ts';

const name = (value: string): Matcher => ({ name: '__name__', op: '=', value });
const eq = (label: string, value: string): Matcher => ({ name: label, op: '=', value });

describe('parseSelector', () => {
  const good: readonly [string, Matcher[]][] = [
    ['up', [name('up')]],
    [' up ', [name('up')]],
    ['up{}', [name('up')]],
    ['job:rate5m', [name('job:rate5m')]],
    ['up{a="b"}', [name('up'), eq('a', 'b')]],
    ['up { a = "b" , c != "d" , }', [name('up'), eq('a', 'b'), { name: 'c', op: '!=', value: 'd' }]],
    [
      'up{a=~"b.*",c!~`d|e`}',
      [name('up'), { name: 'a', op: '=~', value: 'b.*' }, { name: 'c', op: '!~', value: 'd|e' }],
    ],
    ['{__name__="up"}', [name('up')]],
    ['{__name__=~"up|down"}', [{ name: '__name__', op: '=~', value: 'up|down' }]],
    ['{__name__="a",__name__!="b"}', [name('a'), { name: '__name__', op: '!=', value: 'b' }]],
    ['{"my.name"}', [name('my.name')]],
    ['{"my.name",a="b"}', [name('my.name'), eq('a', 'b')]],
    ["{a='b','my.name'}", [eq('a', 'b'), name('my.name')]],
    ['{"my.label"="v"}', [eq('my.label', 'v')]],
    ['up{"a b"!="c"}', [name('up'), { name: 'a b', op: '!=', value: 'c' }]],
    ['up{by="x",on="y",offset="z"}', [name('up'), eq('by', 'x'), eq('on', 'y'), eq('offset', 'z')]],
    ['sum', [name('sum')]],
    ['up{a=""}', [name('up'), eq('a', '')]],
    ['{a!=""}', [{ name: 'a', op: '!=', value: '' }]],
    ['{a=~".+"}', [{ name: 'a', op: '=~', value: '.+' }]],
    ['{a=~".*",b="c"}', [{ name: 'a', op: '=~', value: '.*' }, eq('b', 'c')]],
    ['up{ # which\n a="b" # this\n} # end', [name('up'), eq('a', 'b')]],
    ['up{a="#{},"}', [name('up'), eq('a', '#{},')]],
    [String.raw`up{a="\"\\\n\t\a\b\f\r\v"}`, [name('up'), eq('a', '"\\\n\t\x07\b\f\r\v')]],
    [String.raw`up{a='\'"'}`, [name('up'), eq('a', '\'"')]],
    [String.raw`up{a="\x41\101\u00e9\U0001F600"}`, [name('up'), eq('a', 'AAé😀')]],
    [String.raw`up{a="\xc3\xa9\303\251"}`, [name('up'), eq('a', 'éé')]],
    ['up{a=`\\n"\'\n`}', [name('up'), eq('a', '\\n"\'\n')]],
    ['up{a="中文😀"}', [name('up'), eq('a', '中文😀')]],
    ['{"😀"}', [name('😀')]],
    ['up{__proto__="x",constructor="y"}', [name('up'), eq('__proto__', 'x'), eq('constructor', 'y')]],
  ];
  for (const [text, matchers] of good) {
    it(`reads ${text}`, () => {
      expect(parseSelector(text)).to.deep.equal(matchers);
    });
  }

  const bad: readonly [string, number, RegExp][] = [
    ['', 1, /begins with a metric name or "\{"/],
    ['  ', 3, /begins with a metric name/],
    ['{}', 1, /at least one matcher must not match the empty value/],
    ['{a=""}', 1, /at least one/],
    ['{a=~".*"}', 1, /at least one/],
    ['{a!="b"}', 1, /at least one/],
    ['{a!~".+"}', 1, /at least one/],
    ['{""}', 2, /expected a label name/],
    ['1up', 1, /begins with/],
    ['up{', 4, /expected a label name, got the end/],
    ['up{,}', 4, /expected a label name, got ",}"/],
    ['up{a}', 5, /expected =, !=, =~ or !~, got "}"/],
    ['up{a=}', 6, /expected a quoted text, got "}"/],
    ['up{a=b}', 6, /expected a quoted text/],
    ['up{a="b"', 9, /expected "," or "}", got the end/],
    ['up{a="b" c="d"}', 10, /expected "," or "}"/],
    ['up{a="b",,}', 10, /expected a label name/],
    ['up{a=="b"}', 6, /expected a quoted text/],
    ['up{a:b="c"}', 5, /expected =/],
    ['up{a="b}', 6, /not closed/],
    ['up{a="b\n"}', 6, /not closed/],
    [String.raw`up{a="\'"}`, 7, /unknown escape \\'/],
    [String.raw`up{a="\d"}`, 7, /unknown escape \\d/],
    [String.raw`up{a="\ud800"}`, 7, /not a character/],
    [String.raw`up{a="\U00110000"}`, 7, /not a character/],
    [String.raw`up{a="\777"}`, 7, /not a character/],
    [String.raw`up{a="\xff"}`, 6, /not UTF-8/],
    ['up{a=~"("}', 7, /not a regular expression/],
    ['up{a=~"(?=x)"}', 7, /not a regular expression/],
    ['up{a=~"(a{1000}){1000}"}', 7, /not a regular expression/],
    ['up{__name__="x"}', 13, /given twice, it is already "up"/],
    ['up{"down"}', 4, /given twice/],
    ['{"up","down"}', 7, /given twice/],
    ['up[5m]', 3, /a selector ends here, got "\[5m\]"/],
    ['up offset 5m', 4, /a selector ends here/],
    ['up @ 5', 4, /a selector ends here/],
    ['up{a="b"} + 1', 11, /a selector ends here/],
    ['rate(up[5m])', 5, /a selector ends here/],
    ['up{a="b"}}', 10, /a selector ends here/],
    ['my.name', 3, /a selector ends here/],
  ];
  for (const [text, column, message] of bad) {
    it(`refuses ${JSON.stringify(text)} at column ${column}`, () => {
      expect(() => parseSelector(text))
        .to.throw(InvalidSelectorError, message)
        .with.property('column', column);
    });
  }

  it('throws nothing but InvalidSelectorError on any text', () => {
    const piece = fc.constantFrom(
      'up',
      '{',
      '}',
      'a',
      '=',
      '!',
      '~',
      '"',
      "'",
      '`',
      ',',
      '\\',
      'x41',
      ' ',
      '#',
      '\n',
      '(',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          try {
            parseSelector(text);
          } catch (error) {
            expect(error).to.be.instanceOf(InvalidSelectorError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('reads back any text that was quoted with JSON’s escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const quoted = JSON.stringify(value).replaceAll('\\/', '/');
        expect(parseSelector(`{a=${quoted}}`)).to.deep.equal([eq('a', value)]);
      }),
    );
  });
});

describe('compileMatchers', () => {
  const labels = labelSetOf([
    ['__name__', 'up'],
    ['service', 'web'],
    ['path', '/a\nb'],
  ]);

  const cases: readonly [string, boolean][] = [
    ['up', true],
    ['down', false],
    ['up{service="web"}', true],
    ['up{service!="web"}', false],
    ['up{service=~"w.b"}', true],
    ['up{service=~"w"}', false],
    ['up{service=~"b|we"}', false],
    ['up{service=~"db|web"}', true],
    ['up{service=~"db|web.?"}', true],
    ['up{service!~"db|cache"}', true],
    ['up{service!~"w.*"}', false],
    ['up{service=~"(?i)WEB"}', true],
    ['up{path=~"/a.b"}', true],
    ['up{path=~"/a.*"}', true],
    ['up{absent=""}', true],
    ['up{absent!=""}', false],
    ['up{absent=~".*"}', true],
    ['up{absent=~"x|"}', true],
    ['up{absent=~".+"}', false],
    ['up{constructor=""}', true],
    ['up{__proto__=""}', true],
    ['up{toString!=""}', false],
  ];
  for (const [selector, expected] of cases) {
    it(`${selector} ${expected ? 'holds' : 'does not hold'}`, () => {
      expect(compileMatchers(parseSelector(selector))(labels)).to.equal(expected);
    });
  }

  it('treats a foreign object with a prototype like a map', () => {
    expect(compileMatchers(parseSelector('up{toString=""}'))({ __name__: 'up' })).to.equal(true);
  });

  it('takes linear time where backtracking engines hang', () => {
    const isMatch = compileMatchers(parseSelector('{a=~"(a*)*b"}'));
    const started = performance.now();
    expect(isMatch({ a: 'a'.repeat(4000) })).to.equal(false);
    expect(performance.now() - started).to.be.lessThan(2000);
  });

  it('agrees with itself however many values it has seen', () => {
    const isMatch = compileMatchers(parseSelector('{a=~"v[0-9]*[02468]"}'));
    for (let index = 0; index < 3000; index += 1) {
      expect(isMatch({ a: `v${index % 1500}` })).to.equal(index % 2 === 0);
    }
  });
});
