import type { FrameReader, SlotOutcome } from '@pulsekeeper/store';
import type { TargetId } from '@pulsekeeper/model';
import { expect } from 'chai';

import { finishAccounts, readRecords, unsettledTargets } from '../../../src/cluster/account-targets.ts';
import { id } from '../../support/model-builders.ts';

const S = 1000;
const NOW = 10_000_000 * S;
const WINDOW = { fromMs: NOW - 300 * S, untilMs: NOW, nowMs: NOW, graceMs: S };
const PAGE = 7;
const signal = new AbortController().signal;

/** A reader of slots by target, which come in small pages. */
function readerOf(slots: Readonly<Record<string, readonly number[]>>): Pick<FrameReader, 'outcomes'> {
  const outcomes: FrameReader['outcomes'] = async function* (targets: readonly TargetId[], fromMs, toMs, options) {
    await Promise.resolve();
    for (const target of targets) {
      const all = slots[target] ?? [];
      const before = options?.withBefore === true ? all.filter((slot) => slot < fromMs).slice(-1) : [];
      const told = [...before, ...all.filter((slot) => slot >= fromMs && slot <= toMs)].map(outcomeAt);
      for (let at = 0; at < told.length; at += PAGE) {
        yield { target, outcomes: told.slice(at, at + PAGE), isLast: false };
      }
      yield { target, outcomes: [], isLast: true };
    }
  };
  return { outcomes };
}

function outcomeAt(slotMs: number): SlotOutcome {
  return { slotMs, intervalMs: 10 * S, timestampMs: slotMs, kind: 'samples', up: true };
}

function every10s(fromMs: number, untilMs: number): number[] {
  return Array.from({ length: Math.ceil((untilMs - fromMs) / (10 * S)) }, (_, index) => fromMs + index * 10 * S);
}

describe('readRecords', () => {
  it('counts from the record before the window, however long before it is', async () => {
    const slots = {
      'web/near': [NOW - 340 * S, ...every10s(NOW - 270 * S, NOW)],
      'web/far': [NOW - 5000 * S, ...every10s(NOW - 200 * S, NOW)],
      'web/new': every10s(NOW - 200 * S, NOW),
    };
    const ids = Object.keys(slots).map(id);
    let read = 0;
    const onRead = (): void => void (read += 1);
    const accounts = await readRecords(readerOf(slots), { ids, window: WINDOW, signal, onRead });
    const accounted = finishAccounts(accounts, undefined);
    expect(accounted.map(({ target }) => target)).to.deep.equal(ids);
    expect(accounted.map(({ account: { written, missing } }) => [written, missing])).to.deep.equal([
      [27, 3],
      [20, 10],
      [20, 0],
    ]);
    expect(read).to.equal(3);
  });

  it('counts a window without any record from the last one before it', async () => {
    const input = { ids: [id('web/1'), id('web/2')], window: WINDOW, signal };
    const accounts = await readRecords(readerOf({ 'web/1': [NOW - 5000 * S] }), input);
    const [first, second] = finishAccounts(accounts, undefined);
    expect(first?.account).to.include({ expected: 29, written: 0, missing: 29 });
    expect(second?.account).to.include({ expected: 0, written: 0, missing: 0 });
  });

  it('leaves those open of which the registration says more', async () => {
    const slots = {
      'web/fresh': every10s(NOW - 100 * S, NOW),
      'web/due': every10s(NOW - 100 * S, NOW - 20 * S),
      'web/silent': [],
    };
    const accounts = await readRecords(readerOf(slots), { ids: Object.keys(slots).map(id), window: WINDOW, signal });
    expect(unsettledTargets(accounts)).to.deep.equal(['web/due', 'web/silent']);
  });
});
