import { expect } from 'chai';
import fc from 'fast-check';
import { placeTargets } from '../../src/placement.ts';
import { settleMembers } from '../../src/ring-member.ts';
import { tabulate } from '../../src/target-table.ts';
import { buildTokenRing } from '../../src/token-ring.ts';
import { memberNames, targetNames } from './cluster.ts';

const ring = buildTokenRing(settleMembers(memberNames(4, 1)), 16);

describe('placeTargets', () => {
  it('does not depend on the order of targets even where all their priorities are equal', () => {
    const names = targetNames(60, 1);
    const ownersByName = (order: readonly string[]): Map<string, number> => {
      const { table, hashes } = tabulate(order);
      const bounds = Uint32Array.of(15, 15, 15, 15);
      const [owners] = placeTargets(ring, table, { ...hashes, priorities: new Uint32Array(60).fill(7) }, bounds, 1);
      return new Map(table.names.map((name, index) => [name, owners![index]!]));
    };
    const expected = ownersByName(names);
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 60 }), (order) => {
        expect(new Map([...ownersByName(order)].sort())).to.deep.equal(new Map([...expected].sort()));
      }),
    );
  });

  it('fills every member to the last place where the bounds leave no room to spare', () => {
    const { table, hashes } = tabulate(targetNames(100, 2));
    const [owners] = placeTargets(ring, table, hashes, Uint32Array.of(97, 1, 1, 1), 1);
    const loads = [0, 1, 2, 3].map((member) => owners!.filter((owner) => owner === member).length);
    expect(loads).to.deep.equal([97, 1, 1, 1]);
  });

  it('gives up the bound rather than a rank where no other member has room', () => {
    const { table, hashes } = tabulate(targetNames(100, 3));
    const ranks = placeTargets(ring, table, hashes, Uint32Array.of(100, 1, 1, 1), 2);
    for (let index = 0; index < 100; index += 1) {
      expect(ranks[0]![index]).not.to.equal(ranks[1]![index]);
    }
  });
});
