import { expect } from 'chai';

import { PassedSlots } from '../../../src/engine/passed-slots.ts';
import { SlotTally } from '../../../src/engine/slot-tally.ts';
import { SlotCounters } from '../../../src/schedule/slot-counters.ts';

const INTERVAL_MS = 1_000;

describe('PassedSlots', () => {
  let tally: SlotTally;
  let passed: PassedSlots;

  beforeEach(() => {
    tally = new SlotTally(new SlotCounters());
    passed = new PassedSlots(tally);
  });

  /** A look at a slot that shows the newest in the store. */
  const look = (slotMs: number, lastSlotMs?: number): void =>
    passed.countUnsure({ lastSlotMs, slotMs, intervalMs: INTERVAL_MS }, -Infinity);

  it('counts slots of its own between the one awaited and the one that has come', () => {
    passed.countOwn({ awaitedMs: 1_000, slotMs: 4_000, intervalMs: INTERVAL_MS, settledSlotMs: 1_000 });
    expect(tally.counters).to.include({ expected: 2, missed: 2 });
  });

  it('counts slots that it was not sure of once, when a look tells that the store lacks them', () => {
    passed.noteUnsure(1_000);
    passed.noteUnsure(3_000);
    expect(tally.counters.missed).to.equal(0);
    look(5_000, 1_000);
    expect(tally.counters.missed).to.equal(3);
    look(6_000, 1_000);
    expect(tally.counters.missed).to.equal(3);
  });

  it('counts a slot that was over once, though two looks end with it', () => {
    passed.countOver(1_000);
    passed.countOver(1_000);
    expect(tally.counters.missed).to.equal(1);
  });

  it('counts a slot that was over before the store answered no second time among those around it', () => {
    passed.noteUnsure(1_000);
    passed.countOver(3_000);
    look(5_000);
    expect(tally.counters.missed).to.equal(4);
  });

  it('leaves out what the store turns out to hold behind a slot that was over', () => {
    passed.noteUnsure(1_000);
    passed.countOver(2_000);
    look(5_000, 3_000);
    expect(tally.counters.missed).to.equal(2);
  });

  it('counts for an owner that is gone, once', () => {
    const lookedUp = { lastSlotMs: 1_000, slotMs: 4_000, intervalMs: INTERVAL_MS };
    passed.countLeftOut(lookedUp, 0);
    passed.noteTakeover(true);
    passed.countLeftOut(lookedUp, 0);
    passed.countLeftOut(lookedUp, 0);
    expect(tally.counters.missed).to.equal(2);
  });

  it('knows nothing of a rhythm before', () => {
    passed.noteUnsure(1_000);
    passed.forget();
    look(5_000);
    expect(tally.counters.missed).to.equal(0);
  });
});
