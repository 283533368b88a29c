import { expect } from 'chai';

import { ExpositionParser } from '../../src/index.ts';

function keys(body: string): string[] {
  const result = new ExpositionParser().parse(new Uint8Array(Buffer.from(body)), 'prometheus-text');
  return Buffer.from(result.keys).toString().split('\n').slice(0, -1);
}

describe('series keys', () => {
  it('are canonical whatever the spelling', () => {
    const table: readonly (readonly [line: string, key: string])[] = [
      ['a 1', 'a'],
      ['a{} 1', 'a'],
      ['a{b="c"} 1', 'a{b="c"}'],
      ['a { b = "c" , } 1', 'a{b="c"}'],
      ['a{z="1",b="2"} 1', 'a{b="2",z="1"}'],
      ['a{z="1" b="2"} 1', 'a{b="2",z="1"}'],
      ['a{b="",c="d"} 1', 'a{c="d"}'],
      ['a{b=""} 1', 'a'],
      ['a{B="1",_b="2",b="3",b2="4"} 1', 'a{B="1",_b="2",b="3",b2="4"}'],
      ['a{bb="1",b="2"} 1', 'a{b="2",bb="1"}'],
      ['{"a"} 1', 'a'],
      ['{"a","b"="c"} 1', 'a{b="c"}'],
      ['{b="c","a"} 1', 'a{b="c"}'],
      ['{"a:b"} 1', 'a:b'],
      ['{"a.b"} 1', '{"a.b"}'],
      ['{"1a"} 1', '{"1a"}'],
      ['{z="1","a.b",c="d"} 1', '{"a.b",c="d",z="1"}'],
      ['{"a.b",c=""} 1', '{"a.b"}'],
      ['a{"b.c"="d","a"="e"} 1', 'a{a="e","b.c"="d"}'],
      ['a{"b:c"="d"} 1', 'a{"b:c"="d"}'],
      ['a{b="\\\\ \\" \\n"} 1', 'a{b="\\\\ \\" \\n"}'],
      ['a{b="\\d"} 1', 'a{b="\\\\d"}'],
      ['a{b="x\ny"} 1', 'a{b="x\\ny"}'],
      ['{"a\ny"} 1', '{"a\\ny"}'],
      ['{"a\\"b","c\\\\"="1","c"="2"} 1', '{"a\\"b",c="2","c\\\\"="1"}'],
      ['a{"é"="1","z"="ü"} 1', 'a{z="ü","é"="1"}'],
      ['a{"\u{1f600}"="1","\uff5e"="2"} 1', 'a{"\uff5e"="2","\u{1f600}"="1"}'],
      ['a{"\u{1f600}\\\\"="1","\uff5e\\\\"="2"} 1', 'a{"\uff5e\\\\"="2","\u{1f600}\\\\"="1"}'],
    ];
    for (const [line, key] of table) expect(keys(`${line}\n`), line).to.deep.equal([key]);
  });

  it('are the same for two spellings of one series, which is then a duplicate', () => {
    expect(keys('a{b="1",c="2"} 1\na{c="2", b="1"} 2\n{"a",c="2",b="1",d=""} 3\n')).to.deep.equal(['a{b="1",c="2"}']);
  });

  it('stay in order for many series', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `series_${(i * 7919) % 20_000}{i="${i}"}`);
    expect(keys(names.map((name) => `${name} 1\n`).join(''))).to.deep.equal(names);
  });
});
