import { expect } from 'chai';

import { StallDetector } from '../../../src/schedule/stall-detector.ts';
import { ManualClock } from '../manual-clock.ts';

function detector(): { clock: ManualClock; stalls: StallDetector; boot: { seconds: number } } {
  const clock = new ManualClock();
  const boot = { seconds: 100 };
  const stalls = new StallDetector({ clock, thresholdMs: 1_000, uptimeSeconds: () => boot.seconds });
  return { clock, stalls, boot };
}

describe('StallDetector', () => {
  it('finds nothing while it is asked often enough', () => {
    const { clock, stalls } = detector();
    for (let step = 0; step < 10; step += 1) {
      clock.advance(900);
      expect(stalls.look()).to.equal(undefined);
    }
  });

  it('finds that the process stood still, once', () => {
    const { clock, stalls } = detector();
    clock.advance(10_000);
    expect(stalls.look()).to.deep.equal({ kind: 'stalled', gapMs: 10_000 });
    expect(stalls.look()).to.equal(undefined);
  });

  it('finds that the machine slept while its monotonic clock stood still', () => {
    const { clock, stalls, boot } = detector();
    boot.seconds += 3_600;
    expect(stalls.look()).to.equal(undefined);
    expect(stalls.lookForSleep()).to.deep.equal({ kind: 'slept', gapMs: 3_600_000 });
    expect(stalls.lookForSleep()).to.equal(undefined);
    clock.advance(500);
    boot.seconds += 0.5;
    expect(stalls.lookForSleep()).to.equal(undefined);
  });

  it('takes a wall clock that is set for neither', () => {
    const { clock, stalls } = detector();
    clock.wallMs += 3_600_000;
    expect(stalls.look()).to.equal(undefined);
    expect(stalls.lookForSleep()).to.equal(undefined);
  });
});
