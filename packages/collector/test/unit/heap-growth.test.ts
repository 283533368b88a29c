import { expect } from 'chai';

import { growthPercent } from '../../src/heap-growth.ts';

const MIB = 1024 * 1024;

describe('growthPercent', () => {
  it('lets a small heap grow to 48 MiB', () => {
    for (const heldMib of [26, 32, 36]) {
      expect(heldMib * (1 + growthPercent(heldMib * MIB) / 100)).to.be.within(47, 48);
    }
  });

  it('is bounded for a heap that may soon be larger', () => {
    expect(growthPercent(0)).to.equal(150);
    expect(growthPercent(8 * MIB)).to.equal(150);
  });

  it('lets one that is neither small nor large grow by three tenths', () => {
    for (const heldMib of [41, 100, 255]) expect(growthPercent(heldMib * MIB)).to.equal(30);
  });

  it('leaves a large one to V8', () => {
    expect(growthPercent(256 * MIB)).to.equal(0);
    expect(growthPercent(2_000 * MIB)).to.equal(0);
  });
});
