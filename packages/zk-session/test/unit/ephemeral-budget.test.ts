import { expect } from 'chai';

import { EphemeralBudget } from '../../src/ephemeral-budget.ts';

describe('EphemeralBudget', () => {
  it('bounds the bytes of all paths, each counted once', () => {
    const budget = new EphemeralBudget(100);
    // 4 + 21 bytes each: three of them are 75.
    const paths = ['a', 'b', 'c', 'd'].map((name) => `/${name.repeat(20)}`);
    for (const path of paths.slice(0, 3)) expect(budget.add(path)).to.equal(true);
    expect(budget.add(paths[0] ?? '')).to.equal(false);
    expect(() => budget.add(paths[3] ?? ''))
      .to.throw(/3 ephemerals.*75 bytes/)
      .that.includes({ code: 'TooManyEphemerals', retryable: false });
    budget.remove(paths[1] ?? '');
    budget.remove('/never-counted');
    expect(budget.add(paths[3] ?? '')).to.equal(true);
    budget.clear();
    for (const path of paths.slice(0, 3)) expect(budget.add(path)).to.equal(true);
  });

  it('counts bytes, not characters', () => {
    const budget = new EphemeralBudget(40);
    expect(() => budget.add(`/${'ä'.repeat(14)}`)).to.throw(/ephemerals/);
    expect(budget.add(`/${'a'.repeat(14)}`)).to.equal(true);
  });
});
