import { expect } from 'chai';
import fc from 'fast-check';
import { settleMembers } from '../../src/ring-member.ts';
import { buildTokenRing, firstTokenFrom } from '../../src/token-ring.ts';
import { tokenRingOf } from '../../src/token-ring-cache.ts';
import { memberNames } from './cluster.ts';

describe('buildTokenRing', () => {
  it('leaves the tokens of others in place when a member comes', () => {
    const without = buildTokenRing(settleMembers(memberNames(4, 1)), 64);
    const withOne = buildTokenRing(settleMembers(memberNames(5, 1)), 64);
    const tokensOf = (ring: typeof without, id: string): number[] =>
      [...ring.positions].filter((_, index) => ring.members[ring.owners[index]!]!.id === id);
    for (const { id } of memberNames(4, 1)) {
      expect(tokensOf(withOne, id)).to.deep.equal(tokensOf(without, id));
    }
  });

  it('refuses more members than it can number', () => {
    expect(() =>
      buildTokenRing(
        memberNames(65_537, 1).map(({ id }) => ({ id, capacity: 1 })),
        1,
      ),
    ).to.throw(RangeError);
  });

  it('gives tokens by capacity', () => {
    const ring = buildTokenRing(settleMembers([{ id: 'a' }, { id: 'b', capacity: 2 }]), 10);
    expect(ring.owners.filter((owner) => owner === 1)).to.have.length(20);
    expect(ring.positions).to.have.length(30);
  });

  it('finds the first token clockwise, as a linear search does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(2 ** 32 - 1),
        (count, tokens, at) => {
          const ring = buildTokenRing(settleMembers(memberNames(count, tokens)), tokens);
          for (const position of [at, 0, 2 ** 32 - 1, ...ring.positions.slice(0, 3)]) {
            const expected = ring.positions.findIndex((token) => token >= position);
            expect(firstTokenFrom(ring, position)).to.equal(expected < 0 ? 0 : expected);
          }
        },
      ),
    );
  });
});

describe('tokenRingOf', () => {
  it('builds a ring once for the same members, whatever their order', () => {
    const ring = tokenRingOf(settleMembers(memberNames(3, 9)), 8);
    expect(tokenRingOf(settleMembers(memberNames(3, 9).reverse()), 8)).to.equal(ring);
    expect(tokenRingOf(settleMembers(memberNames(3, 9)), 16)).not.to.equal(ring);
  });

  it('forgets the one that was not used for longest', () => {
    const first = tokenRingOf(settleMembers(memberNames(1, 100)), 8);
    const second = tokenRingOf(settleMembers(memberNames(1, 101)), 8);
    for (let seed = 102; seed < 108; seed += 1) {
      tokenRingOf(settleMembers(memberNames(1, seed)), 8);
    }
    expect(tokenRingOf(settleMembers(memberNames(1, 100)), 8)).to.equal(first);
    tokenRingOf(settleMembers(memberNames(1, 108)), 8);
    expect(tokenRingOf(settleMembers(memberNames(1, 100)), 8)).to.equal(first);
    expect(tokenRingOf(settleMembers(memberNames(1, 101)), 8)).not.to.equal(second);
  });
});
