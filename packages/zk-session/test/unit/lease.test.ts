import { expect } from 'chai';

import { Lease } from '../../src/lease.ts';

describe('Lease', () => {
  it('is not held before the first proof', () => {
    expect(new Lease(() => 0).isHeld()).to.equal(false);
  });

  it('counts from the sending of the answered request, and ends before the server may expire', () => {
    let nowMs = 500;
    const lease = new Lease(() => nowMs);
    lease.renew(100, 1000);
    expect(lease.expiresAtMonotonicMs).to.equal(1050);
    expect(lease.isHeld()).to.equal(true);
    nowMs = 1050;
    expect(lease.isHeld()).to.equal(false);
    expect(lease.isHeld(1049)).to.equal(true);
  });

  it('is not shortened by an answer that was overtaken', () => {
    const lease = new Lease(() => 0);
    lease.renew(500, 1000);
    lease.renew(100, 1000);
    expect(lease.expiresAtMonotonicMs).to.equal(1450);
  });

  it('ends at once when revoked', () => {
    const lease = new Lease(() => 0);
    lease.renew(0, 1000);
    lease.revoke();
    expect(lease.isHeld()).to.equal(false);
  });
});
