import { expect } from 'chai';
import fc from 'fast-check';

import {
  approachSlot,
  backupDelayMs,
  cautionDelayMs,
  demotedDelayMs,
  formerOwnerDelayMs,
  takeoverCheckMs,
  verificationMs,
} from '../../../src/assignment/slot-approach.ts';

const SURE = {
  rank: 0,
  isDemoted: false,
  recentOwner: undefined,
  isFirst: false,
  isSpreading: false,
  stagger: 1,
  intervalMs: 5_000,
  lastDurationMs: 10,
  othersDurationMs: 0,
};

describe('approachSlot', () => {
  it('scrapes at the slot as an owner that is sure of it', () => {
    expect(approachSlot(SURE)).to.deep.equal({ kind: 'scrape' });
  });

  it('looks first as a demoted owner, within a tenth of the interval', () => {
    expect(approachSlot({ ...SURE, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 250 });
    expect(approachSlot({ ...SURE, intervalMs: 1_000, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 100 });
    const slow = { ...SURE, isDemoted: true, lastDurationMs: 600 };
    expect(approachSlot(slow)).to.deep.equal({ kind: 'look', delayMs: 500 });
  });

  it('waits for another owner that has turned out to be at work, and slow, as a demoted one', () => {
    const rivalled = { ...SURE, isDemoted: true, othersDurationMs: 900 };
    expect(approachSlot(rivalled)).to.deep.equal({ kind: 'look', delayMs: 1_850 });
    expect(approachSlot({ ...rivalled, othersDurationMs: 4_000 })).to.deep.equal({ kind: 'look', delayMs: 2_500 });
  });

  it('waits as a backup for nine tenths of the slot behind an owner that needs that long', () => {
    const behind = { ...SURE, rank: 1, othersDurationMs: 3_000 };
    expect(approachSlot(behind)).to.deep.equal({ kind: 'look', delayMs: 4_500 });
  });

  it('looks after a demoted owner would have, as a new owner after one that is gone', () => {
    const taken = { ...SURE, recentOwner: 'gone' } as const;
    expect(approachSlot({ ...taken, stagger: 0.5 })).to.deep.equal({ kind: 'look', delayMs: 1_000 });
    expect(approachSlot({ ...taken, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 900 });
  });

  it('looks within a tenth of the interval, as a new owner after one that lives', () => {
    const shifted = { ...SURE, recentOwner: 'alive' } as const;
    expect(approachSlot(shifted)).to.deep.equal({ kind: 'look', delayMs: 500 });
    expect(approachSlot({ ...shifted, intervalMs: 1_000 })).to.deep.equal({ kind: 'look', delayMs: 100 });
    expect(approachSlot({ ...shifted, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 500 });
    expect(approachSlot({ ...shifted, stagger: 0.5 })).to.deep.equal({ kind: 'look', delayMs: 250 });
  });

  it('looks at the first slot after a boundary on time, or a little later while news of targets spreads', () => {
    const first = { ...SURE, isFirst: true };
    expect(approachSlot(first)).to.deep.equal({ kind: 'look', delayMs: 0 });
    expect(approachSlot({ ...first, isSpreading: true, stagger: 0.6 })).to.deep.equal({ kind: 'look', delayMs: 300 });
    expect(approachSlot({ ...SURE, isSpreading: true })).to.deep.equal({ kind: 'scrape' });
  });

  it('looks the later the further behind the owner', () => {
    expect(approachSlot({ ...SURE, rank: 1 })).to.deep.equal({ kind: 'look', delayMs: 1_500 });
    expect(approachSlot({ ...SURE, rank: 2 })).to.deep.equal({ kind: 'look', delayMs: 3_000 });
  });

  it('keeps every look within the slot and in the order owner, new owner or backup', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3_600_000 }), fc.integer({ min: 0, max: 200 }), (intervalMs, lastMs) => {
        const demoted = demotedDelayMs(intervalMs, lastMs, 0);
        expect(demoted).to.be.lessThanOrEqual(intervalMs / 10);
        expect(cautionDelayMs(intervalMs)).to.be.lessThan(intervalMs);
        expect(backupDelayMs(1, intervalMs, lastMs)).to.be.greaterThanOrEqual(demoted);
        for (const rank of [1, 2, 3, 10]) {
          expect(backupDelayMs(rank, intervalMs, lastMs)).to.be.lessThanOrEqual(0.9 * intervalMs);
        }
      }),
    );
  });
});

describe('formerOwnerDelayMs', () => {
  it('is behind a new owner that has heard of the change, and within a second', () => {
    expect(formerOwnerDelayMs(5_000, 10, 0.5)).to.equal(750);
    expect(formerOwnerDelayMs(5_000, 10, 1)).to.equal(950);
    expect(formerOwnerDelayMs(60_000, 10, 1)).to.equal(950);
  });

  it('leaves a scrape the time that it took the last time, and the slot enough for another', () => {
    expect(formerOwnerDelayMs(5_000, 300, 0.5)).to.equal(1_250);
    expect(formerOwnerDelayMs(5_000, 4_000, 0.5)).to.equal(1_500);
    expect(formerOwnerDelayMs(1_000, 10, 0.5)).to.equal(300);
  });
});

describe('takeoverCheckMs', () => {
  const at = (slotMs: number, predecessor: 'alive' | 'gone' | 'none', nowMs: number, intervalMs = 5_000): number =>
    takeoverCheckMs({ slotMs, intervalMs, nowMs, predecessor });

  it('looks soon for a slot that a dead owner should have scraped a while ago', () => {
    expect(at(0, 'gone', 2_000)).to.equal(2_250);
  });

  it('leaves a slot that has just come to whoever is cut off but at work', () => {
    expect(at(1_990, 'gone', 2_000)).to.equal(2_990);
  });

  it('leaves a living owner half of the slot, and a moment in any case', () => {
    expect(at(2_000, 'alive', 2_100)).to.equal(4_500);
    expect(at(1_000, 'alive', 4_000)).to.equal(4_250);
    expect(at(1_000, 'alive', 5_500)).to.equal(5_500);
  });

  it('looks while a quarter of the slot is left', () => {
    expect(at(0, 'gone', 3_700)).to.equal(3_750);
  });

  it('looks at once where nobody was before', () => {
    expect(at(1_990, 'none', 2_000)).to.equal(2_000);
  });

  it('looks at once when less than that is left', () => {
    expect(at(0, 'gone', 4_500)).to.equal(4_500);
  });
});

describe('verificationMs', () => {
  it('verifies a slot when half of it is over and whoever had it has settled', () => {
    expect(verificationMs(1_000, 5_000, 4_000)).to.equal(4_250);
    expect(verificationMs(3_900, 5_000, 4_000)).to.equal(6_400);
  });

  it('verifies it before it closes, and at once when it is about to', () => {
    expect(verificationMs(0, 5_000, 3_900)).to.equal(4_000);
    expect(verificationMs(0, 5_000, 4_600)).to.equal(4_600);
  });
});
