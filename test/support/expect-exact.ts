import { timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { SlotAudit } from './slot-audit.ts';

/** Share of the slots that may be requested twice on a machine that is short of processor time. */
const TWICE_WHEN_BUSY = 0.005;

/**
 * Every slot was stored once, with samples, and requested once.
 *
 * One that comes very late to a slot, for want of processor time, may find that another has just begun it; the store takes
 * one of the frames. So with a time factor above 1 a few slots may be requested twice; none may be missing or stored twice.
 *
 * @param inFlight - Slots whose scrape a fault broke off, which are requested again.
 */
export function expectExact(audit: SlotAudit, inFlight = 0): void {
  expect(audit.missingSlots, 'missing slots').to.deep.equal([]);
  expect(audit.doubled, 'slots stored twice').to.equal(0);
  expect(audit.failed, 'slots that failed').to.equal(0);
  expect(audit.written).to.equal(audit.expected);
  const allowed = inFlight + (timeFactor > 1 ? Math.ceil(TWICE_WHEN_BUSY * audit.expected) : 0);
  expect(audit.requestedTwice, `slots requested twice: ${audit.twiceSlots.join(' ')}`).to.be.at.most(allowed);
}

/**
 * No slot was scraped later than a tenth of the interval after it; where processor time is short, than half of it and a bit,
 * when slots are verified.
 */
export function expectPrompt(audit: SlotAudit, intervalMs: number): void {
  const part = timeFactor > 1 ? 0.6 : 0.1;
  expect(audit.longestDelayMs, 'longest delay').to.be.at.most(part * intervalMs + 50 * timeFactor);
}
