import type { FrameReader, SlotRecord } from '@pulsekeeper/store';
import { expect } from 'chai';

import { mapBounded } from '../../../src/cluster/map-bounded.ts';
import { readSlotAccount } from '../../../src/cluster/read-slot-account.ts';
import { id } from '../../support/model-builders.ts';

const S = 1000;
const NOW = 10_000_000 * S;
const WINDOW = { fromMs: NOW - 300 * S, untilMs: NOW, nowMs: NOW, graceMs: S };

/** A reader of one target's slots that notes which ranges it was asked for. */
function readerOf(slots: readonly number[]): { reader: FrameReader; ranges: (readonly [number, number])[] } {
  const ranges: (readonly [number, number])[] = [];
  async function* read(_target: string, fromMs: number, toMs: number): AsyncIterable<SlotRecord> {
    ranges.push([fromMs, toMs]);
    await Promise.resolve();
    for (const slotMs of slots.filter((slot) => slot >= fromMs && slot <= toMs)) {
      yield {
        slotMs,
        intervalMs: 10 * S,
        timestampMs: slotMs,
        kind: 'samples',
        up: true,
        late: false,
        sizeBytes: 1,
        durationSeconds: 0,
        attempts: 1,
      };
    }
  }
  return { reader: { slots: read } as unknown as FrameReader, ranges };
}
function every10s(fromMs: number, untilMs: number): number[] {
  return Array.from({ length: Math.ceil((untilMs - fromMs) / (10 * S)) }, (_, index) => fromMs + index * 10 * S);
}
const signal = new AbortController().signal;

describe('readSlotAccount', () => {
  it('finds the record before the window nearby', async () => {
    const { reader, ranges } = readerOf([NOW - 340 * S, ...every10s(NOW - 270 * S, NOW)]);
    const account = await readSlotAccount(reader, id('web/1'), WINDOW, { kind: 'gone' }, signal);
    expect(account).to.include({ written: 27, missing: 3 });
    expect(ranges).to.have.length(1);
  });

  it('reads further back when the target was silent for long', async () => {
    const { reader, ranges } = readerOf([NOW - 5000 * S, ...every10s(NOW - 200 * S, NOW)]);
    const account = await readSlotAccount(reader, id('web/1'), WINDOW, { kind: 'gone' }, signal);
    expect(account).to.include({ written: 20, missing: 10 });
    expect(ranges).to.have.length(2);
  });

  it('does not read further back when the first slot of the window is there', async () => {
    const { reader, ranges } = readerOf(every10s(NOW - 300 * S, NOW));
    await readSlotAccount(reader, id('web/1'), WINDOW, { kind: 'gone' }, signal);
    expect(ranges).to.have.length(1);
  });

  it('counts a window without any record from the last one before it', async () => {
    const { reader } = readerOf([NOW - 5000 * S]);
    const presence = { kind: 'registered', sinceMs: 0, schedule: { intervalMs: 10 * S, phaseMs: 0 } } as const;
    const account = await readSlotAccount(reader, id('web/1'), WINDOW, presence, signal);
    expect(account).to.include({ expected: 29, written: 0, missing: 29 });
  });
});

describe('mapBounded', () => {
  it('keeps the order and the bound', async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded([5, 1, 3, 2, 4], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 10;
    });
    expect(results).to.deep.equal([50, 10, 30, 20, 40]);
    expect(most).to.equal(2);
  });

  it('begins nothing new after a failure, and throws it', async () => {
    const begun: number[] = [];
    const outcome = mapBounded([1, 2, 3, 4], 1, (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item);
    });
    await outcome.then(
      () => expect.fail('it resolved'),
      (error: unknown) => expect(error).to.have.property('message', 'two'),
    );
    expect(begun).to.deep.equal([1, 2]);
  });
});
