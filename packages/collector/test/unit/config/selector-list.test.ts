import { expect } from 'chai';
import { parseSelectorList } from '../../../src/config/selector-list.ts';

describe('parseSelectorList', () => {
  it('reads selectors between semicolons, of which those in quotes are none', () => {
    expect(parseSelectorList(" up ; {a=\"x;y\",b='\\';',c=`;`};;")).to.deep.equal([
      [{ name: '__name__', op: '=', value: 'up' }],
      [
        { name: 'a', op: '=', value: 'x;y' },
        { name: 'b', op: '=', value: "';" },
        { name: 'c', op: '=', value: ';' },
      ],
    ]);
  });

  it('reads a list, and nothing at all', () => {
    expect(parseSelectorList(['up', 'a{b="c"}'])).to.have.lengthOf(2);
    expect(parseSelectorList('')).to.deep.equal([]);
    expect(parseSelectorList([])).to.deep.equal([]);
  });

  for (const value of ['up;{a="x', 'up"', '{a=~"("}', ['up', 5], 7, '{}', 'up a']) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      expect(() => parseSelectorList(value)).to.throw(/^expected selectors such as/);
    });
  }
});
