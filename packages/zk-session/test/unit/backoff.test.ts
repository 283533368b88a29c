import { expect } from 'chai';

import { fullJitterMs } from '../../src/backoff.ts';

describe('fullJitterMs', () => {
  it('grows its ceiling from base to cap, and spreads below it', () => {
    const most = { baseMs: 100, capMs: 1500, random: () => 1 };
    expect([0, 1, 2, 3, 4, 5, 1e9].map((attempt) => fullJitterMs(most, attempt))).to.deep.equal([
      100, 200, 400, 800, 1500, 1500, 1500,
    ]);
    expect(fullJitterMs({ ...most, random: () => 0 }, 3)).to.equal(0);
  });
});
