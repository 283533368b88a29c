import { expect } from 'chai';

import { SlotCounters } from '../../src/schedule/slot-counters.ts';
import { irregularTargets } from '../../src/status/irregular-targets.ts';
import { RecentWindow } from '../../src/status/recent-window.ts';
import { perSecond, tallyTargets } from '../../src/status/target-tally.ts';

describe('RecentWindow', () => {
  function filled(): RecentWindow {
    const window = new RecentWindow(10_000);
    for (let second = 0; second <= 30; second += 2) {
      const slots = new SlotCounters();
      slots.written = second * 10;
      window.add(second * 1_000, slots, second * 100);
    }
    return window;
  }

  it('tells what was gained within the window', () => {
    const { windowMs, slots, samples } = filled().since(10_000) ?? {};
    expect({ windowMs, written: slots?.written, samples }).to.deep.equal({
      windowMs: 10_000,
      written: 100,
      samples: 1_000,
    });
  });

  it('tells what was gained within a part of it', () => {
    expect(filled().since(4_000)).to.include({ windowMs: 4_000, samples: 400 });
  });

  it('tells what there is while it is not full', () => {
    const window = new RecentWindow(10_000);
    expect(window.since(10_000)).to.equal(undefined);
    window.add(0, new SlotCounters(), 5);
    expect(window.since(10_000)).to.include({ windowMs: 0, samples: 0 });
  });
});

describe('tallyTargets', () => {
  it('counts only targets that the collector scrapes as its own', () => {
    const states = [
      { rank: 0, health: 'up' },
      { rank: 0, health: 'down' },
      { rank: 0, health: 'rejected' },
      { rank: 0, health: 'unknown' },
      { rank: 1, health: 'up' },
      { rank: -1, health: 'up' },
    ] as const;
    expect(tallyTargets(states)).to.deep.equal({ owned: 4, others: 2, up: 1, down: 1, rejected: 1 });
  });
});

describe('irregularTargets', () => {
  const state = (
    target: string,
    late = 0,
    missed = 0,
    doubled = 0,
    dropped = 0,
  ): { target: string; slots: SlotCounters } => ({
    target,
    slots: Object.assign(new SlotCounters(), { expected: 100, written: 90, late, missed, doubled, dropped }),
  });

  it('lists the targets with late, missed, doubled or dropped slots, and no others', () => {
    expect(
      irregularTargets([
        state('a/1'),
        state('a/2', 1),
        state('a/3', 0, 2),
        state('a/4', 0, 0, 3),
        state('a/5', 0, 0, 0, 4),
      ]),
    ).to.deep.equal({
      count: 4,
      targets: {
        'a/2': { late: 1, missed: 0, doubled: 0, dropped: 0 },
        'a/3': { late: 0, missed: 2, doubled: 0, dropped: 0 },
        'a/4': { late: 0, missed: 0, doubled: 3, dropped: 0 },
        'a/5': { late: 0, missed: 0, doubled: 0, dropped: 4 },
      },
    });
  });

  it('keeps those with the most where there are too many, and says how many there are', () => {
    const { count, targets } = irregularTargets([state('a/1', 1), state('a/2', 5), state('a/3', 0, 4)], 2);
    expect(count).to.equal(3);
    expect(Object.keys(targets)).to.deep.equal(['a/2', 'a/3']);
  });
});

describe('perSecond', () => {
  it('is zero for an empty window', () => {
    expect(perSecond(5, 0)).to.equal(0);
    expect(perSecond(1_234, 10_000)).to.equal(123.4);
  });
});
