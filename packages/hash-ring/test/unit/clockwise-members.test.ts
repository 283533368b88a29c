import { expect } from 'chai';

import { assign, clockwiseMembers } from '../../src/index.ts';
import { memberNames, targetNames } from './cluster.ts';

describe('clockwiseMembers', () => {
  const members = memberNames(5, 1);
  const targets = targetNames(300, 1);

  it('names every member once', () => {
    for (const target of targets.slice(0, 20)) {
      const order = clockwiseMembers(target, members);
      expect([...order].sort()).to.deep.equal(assign([], members).members);
    }
    expect(clockwiseMembers('web/a', [])).to.deep.equal([]);
  });

  it('leads to the owner past members that are full', () => {
    const assignment = assign(targets, members);
    const walks = targets.map((target) => {
      const order = clockwiseMembers(target, members);
      return order.slice(0, order.indexOf(assignment.ownersOf(target)[0] ?? ''));
    });
    for (const member of walks.flat()) {
      expect(assignment.loadOf(member, 0)).to.equal(assignment.boundOf(member));
    }
    expect(walks.filter(({ length }) => length === 0).length).to.be.greaterThan(200);
    expect(walks.flat()).not.to.have.length(0);
  });

  it('is the order of the owners where nobody is full', () => {
    const { ranks, ...assignment } = {
      ranks: 5,
      owners: assign(['web/a'], members, { replication: 5, loadFactor: 10 }).ownersOf('web/a'),
    };
    expect(assignment.owners).to.have.length(ranks);
    expect(clockwiseMembers('web/a', members)).to.deep.equal(assignment.owners);
  });
});
