import { expect } from 'chai';

import { cutToWidth, displayWidth, padToWidth } from '../../../src/output/display-width.ts';

describe('displayWidth', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['', 0],
    ['web/web-1', 9],
    ['é', 1],
    ['e\u0301', 1],
    ['服务', 4],
    ['ａ', 2],
    ['한글', 4],
    ['👍', 2],
    ['👨‍👩‍👧', 2],
    ['a…b', 3],
  ];
  for (const [text, width] of cases) {
    it(`takes ${JSON.stringify(text)} for ${width} columns`, () => {
      expect(displayWidth(text)).to.equal(width);
    });
  }
});

describe('cutToWidth', () => {
  it('leaves a text that fits', () => {
    expect(cutToWidth('web/1', 5)).to.equal('web/1');
  });

  it('cuts the end and says so', () => {
    expect(cutToWidth('connection refused', 10)).to.equal('connectio…');
  });

  it('keeps both ends of a name', () => {
    expect(cutToWidth('checkout/checkout-7f9c-2', 11, 'middle')).to.equal('check…f9c-2');
  });

  it('never splits a wide character', () => {
    expect(cutToWidth('服务名称', 4)).to.equal('服…');
    expect(displayWidth(cutToWidth('服务名称服务名称', 7, 'middle'))).to.be.at.most(7);
  });

  it('has nothing to show in no column', () => {
    expect(cutToWidth('abc', 0)).to.equal('');
    expect(cutToWidth('abc', 1)).to.equal('…');
  });
});

describe('padToWidth', () => {
  it('pads by columns, not by characters', () => {
    expect(padToWidth('服', 4)).to.equal('服  ');
    expect(padToWidth('7', 3, 'right')).to.equal('  7');
    expect(padToWidth('longer', 3)).to.equal('longer');
  });
});
