import { expect } from 'chai';

import { Standing } from '../../../src/membership/standing.ts';

function standing(): {
  standing: Standing;
  directory: { isCurrent: boolean };
  lease: { expiresAtMonotonicMs: number; held: boolean };
} {
  const directory = { isCurrent: true };
  const lease = { expiresAtMonotonicMs: 1_000, held: true, isHeld: () => lease.held };
  return { standing: new Standing({ session: { lease }, directory }), directory, lease };
}

describe('Standing', () => {
  it('is sure with a current view and a lease', () => {
    expect(standing().standing.isSure()).to.equal(true);
  });

  it('is not sure without the lease', () => {
    const { standing: one, lease } = standing();
    lease.held = false;
    expect(one.isSure()).to.equal(false);
  });

  it('is not sure before everything was read again', () => {
    const { standing: one, directory } = standing();
    directory.isCurrent = false;
    expect(one.isSure()).to.equal(false);
  });

  it('trusts a lease only once it was renewed after the process stood still', () => {
    const { standing: one, lease } = standing();
    one.distrust();
    expect(one.isSure()).to.equal(false);
    lease.expiresAtMonotonicMs += 1;
    expect(one.isSure()).to.equal(true);
  });
});
