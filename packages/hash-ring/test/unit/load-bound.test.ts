import { expect } from 'chai';
import { loadBounds } from '../../src/load-bound.ts';
import { settleMembers } from '../../src/ring-member.ts';
import { buildTokenRing } from '../../src/token-ring.ts';
import { memberNames } from './cluster.ts';

const ring = buildTokenRing(settleMembers(memberNames(10, 1)), 4);

describe('loadBounds', () => {
  const cases: readonly [number, number, number][] = [
    // targets, least bound, greatest bound
    [0, 0, 0],
    [1, 1, 1],
    [10, 2, 2],
    [99, 11, 11],
    [100, 11, 11],
    [199, 21, 21],
    [200, 21, 21],
    [205, 21, 21],
    [209, 21, 21],
    [1000, 104, 105],
    [1001, 104, 105],
    [10_000, 1049, 1050],
  ];
  for (const [targets, least, greatest] of cases) {
    it(`lies from ${least} to ${greatest} for ${targets} targets on 10 members`, () => {
      const bounds = [...loadBounds(ring, targets, 0.05)];
      expect(Math.min(...bounds)).to.be.at.least(least);
      expect(Math.max(...bounds)).to.be.at.most(greatest);
    });
  }

  it('never falls as targets come, always leaves room for all, and steps for few members at a time', () => {
    let before = loadBounds(ring, 0, 0.05);
    for (let targets = 1; targets < 3000; targets += 1) {
      const bounds = loadBounds(ring, targets, 0.05);
      const steps = bounds.filter((bound, index) => bound !== before[index]).length;
      expect(bounds.every((bound, index) => bound >= before[index]!)).to.equal(true);
      expect(bounds.reduce((sum, bound) => sum + bound, 0)).to.be.at.least(targets);
      expect(Math.max(...bounds)).to.be.at.most(Math.ceil(targets * 0.105 - 1e-9));
      if (targets >= 400) {
        expect(steps).to.be.at.most(5);
      }
      before = bounds;
    }
  });

  it('is exact with a load factor of 0', () => {
    expect([...loadBounds(ring, 100, 0)]).to.deep.equal(new Array<number>(10).fill(10));
    expect([...loadBounds(ring, 101, 0)]).to.deep.equal(new Array<number>(10).fill(11));
  });

  it('follows the capacity', () => {
    const weighted = buildTokenRing(settleMembers([{ id: 'a' }, { id: 'b', capacity: 3 }]), 4);
    const [light, heavy] = loadBounds(weighted, 4000, 0.05);
    expect(light).to.be.within(1049, 1050);
    expect(heavy).to.be.within(3149, 3150);
  });
});
