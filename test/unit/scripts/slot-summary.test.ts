import { phaseMs, slotsBetween, type TargetId } from '@pulsekeeper/model';
import type { FrameReader, SlotRecord } from '@pulsekeeper/store';
import { expect } from 'chai';

import { summarizeSlots } from '../../../scripts/local-cluster/slot-summary.ts';

const id = 'shop/a' as TargetId;
const intervalMs = 1_000;
const fromMs = 1_000_000;
const toMs = 1_010_000;

/** A reader that holds these slots of the one target. */
function readerOf(records: readonly Pick<SlotRecord, 'slotMs' | 'up' | 'kind'>[]): FrameReader {
  const reader: Pick<FrameReader, 'slots' | 'select'> = {
    async *slots() {
      for (const record of records) yield await Promise.resolve(record as SlotRecord);
    },
    async *select() {
      const labels = { __name__: 'scrape_samples_scraped' };
      const values = Float64Array.of(5, NaN, 7);
      yield await Promise.resolve({ target: id, labels, timestampsMs: new Float64Array(3), values });
    },
  };
  return reader as FrameReader;
}

describe('summarizeSlots', () => {
  const slots = [...slotsBetween(fromMs, toMs, intervalMs, phaseMs(id, intervalMs))];
  const record = (slotMs: number, up = true): Pick<SlotRecord, 'slotMs' | 'up' | 'kind'> => ({
    slotMs,
    up,
    kind: up ? 'samples' : 'failure',
  });

  it('finds nothing to complain about when each slot has one frame', async () => {
    const summary = await summarizeSlots(
      readerOf(slots.map((slot) => record(slot))),
      [{ id, intervalMs }],
      fromMs,
      toMs,
    );
    expect(summary).to.deep.equal({
      expected: 10,
      written: 10,
      failed: 0,
      missed: 0,
      doubled: 0,
      samples: 12,
      missedSlots: [],
    });
  });

  it('counts a missed slot wherever it lies, failed and doubled ones', async () => {
    const kept = slots.slice(1, -1).map((slot, index) => record(slot, index !== 3));
    const summary = await summarizeSlots(readerOf([...kept, kept[0]!]), [{ id, intervalMs }], fromMs, toMs);
    expect(summary).to.include({ expected: 10, written: 8, failed: 1, missed: 2, doubled: 1 });
    expect(summary.missedSlots).to.deep.equal(
      [slots[0], slots[9]].map((slot) => `${id} at ${new Date(slot!).toISOString()}`),
    );
  });

  it('misses every slot of a target that was never scraped', async () => {
    const summary = await summarizeSlots(readerOf([]), [{ id, intervalMs }], fromMs, toMs);
    expect(summary.missed).to.equal(10);
  });
});
