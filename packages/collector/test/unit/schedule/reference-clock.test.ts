import { silentLogger } from '@pulsekeeper/model';
import { expect } from 'chai';

import { ReferenceClock } from '../../../src/schedule/reference-clock.ts';
import { SlotClock } from '../../../src/schedule/slot-clock.ts';
import { ManualClock } from '../manual-clock.ts';

/** A reference clock started against a server that is so much ahead of this machine's wall clock. */
async function started(clock: ManualClock, aheadMs: number): Promise<ReferenceClock> {
  const readServerTime = (): Promise<number> => {
    clock.advance(3);
    const serverMs = clock.wallMs + aheadMs;
    clock.advance(3);
    return Promise.resolve(serverMs);
  };
  const reference = new ReferenceClock({ clock, readServerTime, logger: silentLogger });
  await reference.start();
  reference.stop();
  return reference;
}

describe('ReferenceClock', () => {
  it('is the wall clock until the server was read, and when it cannot be', async () => {
    const clock = new ManualClock();
    const reference = new ReferenceClock({
      clock,
      readServerTime: () => Promise.reject(new Error('away')),
      logger: silentLogger,
    });
    expect(reference.now()).to.equal(clock.wallMs);
    await reference.start();
    reference.stop();
    expect(reference.now()).to.equal(clock.wallMs);
    expect(reference.skewMs).to.equal(undefined);
  });

  it('is the time of the server, taken in the middle of the round trip', async () => {
    const clock = new ManualClock();
    const reference = await started(clock, 2_000);
    expect(reference.now()).to.equal(clock.wallMs + 2_000);
    expect(reference.skewMs).to.equal(-2_000);
    clock.advance(60_000);
    expect(reference.now()).to.equal(clock.wallMs + 2_000);
  });

  it('goes on as before when the wall clock is set, and tells the new skew', async () => {
    const clock = new ManualClock();
    const reference = await started(clock, 0);
    const beforeMs = reference.now();
    clock.wallMs += 3_600_000;
    expect(reference.now()).to.equal(beforeMs);
    expect(reference.skewMs).to.equal(3_600_000);
  });

  it('counts the time that the machine slept', async () => {
    const clock = new ManualClock();
    const reference = await started(clock, 2_000);
    clock.wallMs += 90_000;
    reference.skipSleep(90_000);
    expect(reference.now()).to.equal(clock.wallMs + 2_000);
  });

  it('sets slot time to the server at the start, in either direction', async () => {
    for (const aheadMs of [2_000, -2_000]) {
      const clock = new ManualClock();
      const reference = await started(clock, aheadMs);
      const slotClock = new SlotClock({ clock: reference });
      slotClock.begin();
      expect(slotClock.now()).to.equal(clock.wallMs + aheadMs);
    }
  });
});
