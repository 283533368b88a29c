import { timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { runOutage } from './outage-scenario.ts';

describe('an outage of the whole ensemble', function () {
  this.timeout(90_000);

  it('that outlasts the sessions: 1,000 registrations are back within 5 s, and observers never saw fewer', async () => {
    const report = await runOutage({
      outageMs: 4500,
      registrations: 1000,
      sessions: 10,
      observers: 3,
      sessionTimeoutMs: 3000,
    });
    console.log(
      `      back ${Math.round(report.backMs)} ms after the quorum served, ${report.newSessions} of 10 sessions new`,
    );
    expect(report.leastTargets).to.equal(1000);
    expect(report.newSessions).to.equal(10);
    expect(report.backMs).to.be.below(5000 * timeFactor);
  });
});
