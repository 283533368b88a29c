import { expect } from 'chai';

import { slotsLeftOut } from '../../../src/assignment/slots-left-out.ts';

describe('slotsLeftOut', () => {
  const table: [title: string, lastSlotMs: number, knownFromMs: number, count: number][] = [
    ['none where the last slot is the one before', 95_000, 0, 0],
    ['those between the last and the one looked up', 70_000, 0, 5],
    ['none from before the target was known', 70_000, 88_000, 2],
    ['a slot that fell just when the target got known', 70_000, 90_000, 2],
    ['none where the target has just got known', 0, 99_000, 0],
    ['none where the store is ahead', 105_000, 0, 0],
    ['whole intervals where the rhythm was another', 71_500, 0, 4],
  ];
  for (const [title, lastSlotMs, knownFromMs, count] of table) {
    it(`counts ${title}`, () => {
      expect(slotsLeftOut({ lastSlotMs, slotMs: 100_000, intervalMs: 5_000, knownFromMs })).to.equal(count);
    });
  }
});
