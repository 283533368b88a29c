import { expect } from 'chai';

import { auditSlots, sumAudits, type AuditInput } from '../support/slot-audit.ts';

const base: AuditInput = {
  target: 'svc/a',
  intervalMs: 1_000,
  phaseMs: 250,
  fromMs: 10_000,
  toMs: 13_000,
  stored: [10_250, 11_250, 12_250].map((slotMs) => ({ slotMs, up: true })),
  requestsMs: [10_251, 11_252, 12_249],
};

describe('slot audit', () => {
  it('finds nothing wrong where every slot has one record and one request', () => {
    const audit = auditSlots(base);
    expect(audit).to.include({ expected: 3, written: 3, failed: 0, missing: 0, doubled: 0, requestedTwice: 0 });
    expect(audit.longestDelayMs).to.equal(2);
  });

  it('names a slot that the store does not hold', () => {
    const audit = auditSlots({ ...base, stored: base.stored.filter(({ slotMs }) => slotMs !== 11_250) });
    expect(audit.missingSlots).to.deep.equal(['svc/a@11250']);
    expect(audit.written).to.equal(2);
  });

  it('tells a slot stored twice from one requested twice', () => {
    const stored = [...base.stored, { slotMs: 10_250, up: false }];
    const audit = auditSlots({ ...base, stored, requestsMs: [...base.requestsMs, 12_700] });
    expect(audit).to.include({ doubled: 1, failed: 1, requestedTwice: 1 });
    expect(audit.twiceSlots).to.deep.equal(['svc/a@12250']);
  });

  it('expects no slot outside its range, and sums over targets', () => {
    const audit = auditSlots({ ...base, fromMs: 10_250, toMs: 12_250 });
    expect(audit.expected).to.equal(2);
    expect(sumAudits([audit, auditSlots(base)]).expected).to.equal(5);
  });
});
