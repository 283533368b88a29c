import { assign } from '@pulsekeeper/hash-ring';
import { expect } from 'chai';

import { describeReason, passedOverFor } from '../../../src/views/owner-reason.ts';

describe('passedOverFor', () => {
  const members = ['c1', 'c2', 'c3'].map((id) => ({ id, capacity: 1 }));
  const targets = Array.from({ length: 200 }, (_, index) => `web/${index}`);
  const assignment = assign(targets, members);

  it('names those that are full before the owner, and nobody for a target at home', () => {
    const reasons = targets.map((target) => passedOverFor(target, members, assignment));
    for (const { targets: load, bound } of reasons.flat()) {
      expect(load).to.equal(bound);
    }
    expect(reasons.some(({ length }) => length === 0)).to.equal(true);
    expect(reasons.some(({ length }) => length > 0)).to.equal(true);
  });

  it('is put into words', () => {
    expect(describeReason([])).to.equal("the first collector clockwise from the target's hash");
    expect(describeReason([{ collector: 'c2', targets: 70, bound: 70 }])).to.match(
      /with room: full before it is c2 \(70 of at most 70\)$/,
    );
  });

  it('has nobody to name without collectors', () => {
    expect(passedOverFor('web/1', [], assign(targets, []))).to.deep.equal([]);
  });
});
