import { atFullLength, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { runOutage } from './outage-scenario.ts';

/** Longer than the session timeout and than any wait between two attempts to connect. */
const OUTAGE_MS = atFullLength(60_000, 15_000);

describe('an outage of the whole ensemble', function () {
  this.timeout(OUTAGE_MS + 90_000);

  it('that outlasts the sessions: 1,000 registrations are back within 5 s, and observers never saw fewer', async () => {
    const report = await runOutage({
      outageMs: OUTAGE_MS,
      registrations: 1000,
      sessions: 10,
      observers: 3,
      sessionTimeoutMs: 6000,
    });
    console.log(
      `      back ${Math.round(report.backMs)} ms after the quorum served, ${report.newSessions} of 10 sessions new`,
    );
    expect(report.leastTargets).to.equal(1000);
    expect(report.newSessions).to.equal(10);
    expect(report.backMs).to.be.below(5000 * timeFactor);
  });
});
