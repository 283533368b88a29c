import { expect } from 'chai';
import fc from 'fast-check';

import {
  approachSlot,
  backupDelayMs,
  boundaryCheckMs,
  cautionDelayMs,
  demotedDelayMs,
  takeoverCheckMs,
} from '../../../src/assignment/slot-approach.ts';

const SURE = { rank: 0, isDemoted: false, recentOwner: undefined, intervalMs: 5_000, lastDurationMs: 10 };

describe('approachSlot', () => {
  it('scrapes at the slot as an owner that is sure of it', () => {
    expect(approachSlot(SURE)).to.deep.equal({ kind: 'scrape' });
  });

  it('looks first as a demoted owner, within a tenth of the interval', () => {
    expect(approachSlot({ ...SURE, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 250 });
    expect(approachSlot({ ...SURE, intervalMs: 1_000, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 100 });
  });

  it('looks after a demoted owner would have, as a new owner after one that is gone', () => {
    const taken = { ...SURE, recentOwner: 'gone' } as const;
    expect(approachSlot(taken)).to.deep.equal({ kind: 'look', delayMs: 1_000 });
    expect(approachSlot({ ...taken, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 1_000 });
  });

  it('looks within a tenth of the interval, as a new owner after one that lives', () => {
    const shifted = { ...SURE, recentOwner: 'alive' } as const;
    expect(approachSlot(shifted)).to.deep.equal({ kind: 'look', delayMs: 500 });
    expect(approachSlot({ ...shifted, intervalMs: 1_000 })).to.deep.equal({ kind: 'look', delayMs: 100 });
    expect(approachSlot({ ...shifted, isDemoted: true })).to.deep.equal({ kind: 'look', delayMs: 500 });
  });

  it('looks the later the further behind the owner', () => {
    expect(approachSlot({ ...SURE, rank: 1 })).to.deep.equal({ kind: 'look', delayMs: 1_000 });
    expect(approachSlot({ ...SURE, rank: 2 })).to.deep.equal({ kind: 'look', delayMs: 2_000 });
  });

  it('keeps every look within the slot and in the order owner, new owner or backup', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3_600_000 }), fc.integer({ min: 0, max: 200 }), (intervalMs, lastMs) => {
        const demoted = demotedDelayMs(intervalMs, lastMs);
        expect(demoted).to.be.lessThanOrEqual(intervalMs / 4);
        expect(cautionDelayMs(intervalMs)).to.be.lessThan(intervalMs);
        expect(backupDelayMs(1, intervalMs, lastMs)).to.be.greaterThanOrEqual(demoted);
        for (const rank of [1, 2, 3, 10]) {
          expect(backupDelayMs(rank, intervalMs, lastMs)).to.be.lessThanOrEqual(0.9 * intervalMs);
        }
      }),
    );
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

  it('leaves a living owner a tenth of the slot, and looks at once when that is over', () => {
    expect(at(2_000, 'alive', 2_100)).to.equal(2_500);
    expect(at(1_000, 'alive', 2_000)).to.equal(2_000);
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

describe('boundaryCheckMs', () => {
  it('verifies the last slot before the boundary when half of it is over and the leaver has settled', () => {
    expect(boundaryCheckMs(1_000, 5_000, 4_000)).to.equal(4_250);
    expect(boundaryCheckMs(3_900, 5_000, 4_000)).to.equal(6_400);
  });
});
