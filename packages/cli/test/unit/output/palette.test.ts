import { expect } from 'chai';

import { choosePalette, COLOUR_PALETTE, PLAIN_PALETTE } from '../../../src/output/palette.ts';

describe('choosePalette', () => {
  const terminal = { isTerminal: true, isColourWanted: true };

  it('colours a terminal', () => {
    expect(choosePalette({ ...terminal, env: {} })).to.equal(COLOUR_PALETTE);
  });

  it('takes an empty NO_COLOR for none', () => {
    expect(choosePalette({ ...terminal, env: { NO_COLOR: '' } })).to.equal(COLOUR_PALETTE);
  });

  it('does not colour what is not a terminal', () => {
    expect(choosePalette({ ...terminal, isTerminal: false, env: {} })).to.equal(PLAIN_PALETTE);
  });

  it('respects NO_COLOR, a dumb terminal and --no-color', () => {
    expect(choosePalette({ ...terminal, env: { NO_COLOR: '1' } })).to.equal(PLAIN_PALETTE);
    expect(choosePalette({ ...terminal, env: { TERM: 'dumb' } })).to.equal(PLAIN_PALETTE);
    expect(choosePalette({ ...terminal, isColourWanted: false, env: {} })).to.equal(PLAIN_PALETTE);
  });

  it('paints nothing around an empty text', () => {
    expect(COLOUR_PALETTE.bad('')).to.equal('');
  });
});
