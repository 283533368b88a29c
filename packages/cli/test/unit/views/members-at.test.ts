import { expect } from 'chai';

import { membersAt, type MemberTimes } from '../../../src/views/members-at.ts';

function collector(id: string, times: Partial<MemberTimes> = {}): MemberTimes {
  return { id, capacity: 1, activeFromMs: 0, ...times };
}
function ids(members: readonly MemberTimes[]): string[] {
  return members.map(({ id }) => id);
}

describe('membersAt', () => {
  it('leaves out a collector that joins after the slot', () => {
    expect(ids(membersAt([collector('a'), collector('b', { activeFromMs: 100 })], 99))).to.deep.equal(['a']);
    expect(ids(membersAt([collector('a'), collector('b', { activeFromMs: 100 })], 100))).to.deep.equal(['a', 'b']);
  });

  it('keeps a draining collector for the slots before its boundary', () => {
    const draining = collector('b', { drainAtMs: 100 });
    expect(ids(membersAt([collector('a'), draining], 99))).to.deep.equal(['a', 'b']);
    expect(ids(membersAt([collector('a'), draining], 100))).to.deep.equal(['a']);
  });

  it('takes all that stay when nobody is active yet', () => {
    const joining = collector('a', { activeFromMs: 100 });
    const draining = collector('b', { drainAtMs: 10 });
    expect(ids(membersAt([joining, draining], 50))).to.deep.equal(['a']);
  });

  it('takes all when all are draining', () => {
    expect(ids(membersAt([collector('b', { drainAtMs: 10 })], 50))).to.deep.equal(['b']);
    expect(membersAt([], 50)).to.deep.equal([]);
  });
});
