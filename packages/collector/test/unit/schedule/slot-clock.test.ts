import { expect } from 'chai';

import { SlotClock } from '../../../src/schedule/slot-clock.ts';
import { ManualClock } from '../manual-clock.ts';

/** Lets time pass with a look at the wall clock every quarter of a second, as the collector does. */
function run(clock: ManualClock, slotClock: SlotClock, forMs: number): void {
  for (let passed = 0; passed < forMs; passed += 250) {
    clock.advance(250);
    slotClock.synchronise(250);
  }
}

describe('SlotClock', () => {
  it('starts at the wall clock and advances with the monotonic one', () => {
    const clock = new ManualClock();
    const slotClock = new SlotClock({ clock });
    expect(slotClock.now()).to.equal(clock.wallMs);
    clock.monotonicMs += 1_234;
    expect(slotClock.now()).to.equal(clock.wallMs + 1_234);
  });

  for (const jumpMs of [3_600_000, -3_600_000]) {
    it(`changes no cadence by more than 5 % when the wall clock jumps by ${jumpMs / 3_600_000} h`, () => {
      const clock = new ManualClock();
      const slotClock = new SlotClock({ clock });
      run(clock, slotClock, 1_000);
      clock.wallMs += jumpMs;
      let before = slotClock.now();
      for (let step = 0; step < 100; step += 1) {
        run(clock, slotClock, 250);
        const gainedMs = slotClock.now() - before;
        expect(gainedMs).to.be.within(237, 263);
        before = slotClock.now();
      }
    });
  }

  it('makes good a second of drift in about twenty', () => {
    const clock = new ManualClock();
    const slotClock = new SlotClock({ clock });
    clock.wallMs += 1_000;
    run(clock, slotClock, 19_000);
    expect(slotClock.driftMs).to.be.within(10, 120);
    run(clock, slotClock, 3_000);
    expect(Math.abs(slotClock.driftMs)).to.be.lessThan(3);
  });

  it('tells the real time until a slot at its present rate', () => {
    const clock = new ManualClock();
    const slotClock = new SlotClock({ clock });
    clock.wallMs += 60_000;
    slotClock.synchronise(250);
    expect(slotClock.untilMs(slotClock.now() + 1_050)).to.be.closeTo(1_000, 0.01);
  });

  it('jumps forward at once after a sleep, and never back', () => {
    const clock = new ManualClock();
    const slotClock = new SlotClock({ clock });
    clock.wallMs += 50_000;
    slotClock.jumpForward();
    expect(slotClock.now()).to.equal(clock.wallMs);
    clock.wallMs -= 50_000;
    slotClock.jumpForward();
    expect(slotClock.now()).to.equal(clock.wallMs + 50_000);
  });
});
