import { slotsBetween } from '@pulsekeeper/model';
import { expect } from 'chai';
import fc from 'fast-check';

import {
  MAX_MISSING_RUNS,
  SlotAccountant,
  type Presence,
  type SlotAccount,
  type SlotFact,
  type SlotWindow,
} from '../../../src/views/slot-account.ts';

const S = 1000;
const NOW = 1_000_000 * S;
const WINDOW: SlotWindow = { fromMs: NOW - 600 * S, untilMs: NOW, nowMs: NOW, graceMs: S };
const GONE: Presence = { kind: 'gone' };

function up(slotMs: number, intervalMs = 10 * S): SlotFact {
  return { slotMs, intervalMs, kind: 'frame', isUp: true, isLate: false };
}
function down(slotMs: number, intervalMs = 10 * S): SlotFact {
  return { slotMs, intervalMs, kind: 'frame', isUp: false, isLate: false };
}
function end(slotMs: number, intervalMs = 10 * S): SlotFact {
  return { slotMs, intervalMs, kind: 'end', isUp: false, isLate: false };
}
function registered(intervalMs = 10 * S, phaseMs = 0, sinceMs = 0): Presence {
  return { kind: 'registered', sinceMs, schedule: { intervalMs, phaseMs } };
}
function account(facts: readonly SlotFact[], presence: Presence = GONE, window: SlotWindow = WINDOW): SlotAccount {
  const accountant = new SlotAccountant(window);
  for (const fact of facts) {
    accountant.add(fact);
  }
  return accountant.finish(presence);
}
/** `first` and every 10 s after it, `count` of them. */
function run(firstMs: number, count: number, intervalMs = 10 * S): SlotFact[] {
  return Array.from({ length: count }, (_, index) => up(firstMs + index * intervalMs, intervalMs));
}

function bySlot(a: SlotFact, b: SlotFact): number {
  return a.slotMs - b.slotMs;
}

describe('SlotAccountant', () => {
  it('finds nothing to complain about in an unbroken run', () => {
    const result = account(run(NOW - 100 * S, 9), registered());
    expect(result).to.include({ expected: 9, written: 9, failed: 0, missing: 0, doubled: 0, intervalMs: 10 * S });
    expect(result.missingRuns).to.deep.equal([]);
  });

  it('counts a scrape that began late as written, and as late', () => {
    const late = { ...up(NOW - 90 * S), isLate: true };
    expect(account([up(NOW - 100 * S), late, { ...up(NOW - 700 * S), isLate: true }].sort(bySlot))).to.include({
      written: 2,
      late: 1,
    });
  });

  it('counts a failed scrape as written', () => {
    expect(account([up(NOW - 100 * S), down(NOW - 90 * S)])).to.include({
      expected: 2,
      written: 2,
      failed: 1,
      missing: 0,
    });
  });

  it('names the slots that are missing between two records', () => {
    const result = account([up(NOW - 100 * S), up(NOW - 60 * S)]);
    expect(result).to.include({ expected: 5, written: 2, missing: 3 });
    expect(result.missingRuns).to.deep.equal([{ firstSlotMs: NOW - 90 * S, lastSlotMs: NOW - 70 * S, count: 3 }]);
  });

  it('counts a second record of a slot as doubled', () => {
    expect(account([up(NOW - 100 * S), up(NOW - 100 * S), up(NOW - 90 * S)])).to.include({ written: 2, doubled: 1 });
  });

  it('expects nothing before the first record of a new target', () => {
    expect(account(run(NOW - 50 * S, 4), registered())).to.include({ expected: 4, missing: 0 });
  });

  it('expects the slots from the beginning of the window on when a record before it shows the target', () => {
    const result = account([up(NOW - 620 * S), ...run(NOW - 570 * S, 56)], registered());
    expect(result).to.include({ written: 56, missing: 3 });
    expect(result.missingRuns[0]).to.deep.equal({ firstSlotMs: NOW - 600 * S, lastSlotMs: NOW - 580 * S, count: 3 });
  });

  describe('at the end of the records', () => {
    const facts = run(NOW - 100 * S, 5);

    it('goes on counting while the target is registered, except the slots that are not over', () => {
      // The slot at −10 s is open until 0 s and its grace until +1 s.
      expect(account(facts, registered())).to.include({ written: 5, missing: 4 });
      expect(account(facts, registered()).missingRuns).to.deep.equal([
        { firstSlotMs: NOW - 50 * S, lastSlotMs: NOW - 20 * S, count: 4 },
      ]);
    });

    it('goes on counting when the registry could not be asked', () => {
      expect(account(facts, { kind: 'unknown' })).to.include({ missing: 4 });
    });

    it('stops at the last record of a target that is gone', () => {
      expect(account(facts, GONE)).to.include({ written: 5, missing: 0 });
    });

    it('goes on from the registration of a target that came back after its end mark', () => {
      const returned = registered(10 * S, 0, NOW - 45 * S);
      expect(account([...facts, end(NOW - 50 * S)], returned)).to.include({ written: 5, missing: 3 });
    });

    it('stops at the end mark, registered or not', () => {
      expect(account([...facts, end(NOW - 50 * S)], registered())).to.include({ written: 5, missing: 0 });
    });

    it('tells the interval of the frames, not of the mark', () => {
      expect(account([...facts, end(NOW - 50 * S, 0)])).to.include({ intervalMs: 10 * S, missing: 0 });
    });

    it('counts what is missing before the end mark', () => {
      expect(account([...facts, end(NOW - 25 * S)], GONE)).to.include({ written: 5, missing: 3 });
    });

    it('counts an open slot only once it is written', () => {
      expect(account(run(NOW - 30 * S, 3), registered())).to.include({ expected: 3, written: 3, missing: 0 });
      expect(account(run(NOW - 30 * S, 2), registered())).to.include({ expected: 2, written: 2, missing: 0 });
    });

    it('judges every slot of a window that lies in the past', () => {
      const window = { ...WINDOW, untilMs: NOW - 60 * S };
      expect(account(run(NOW - 100 * S, 2), registered(), window)).to.include({ written: 2, missing: 2 });
    });

    it('ends the window before its last moment', () => {
      const window = { ...WINDOW, untilMs: NOW - 60 * S };
      expect(account(run(NOW - 100 * S, 9), registered(), window)).to.include({ expected: 4, written: 4 });
    });
  });

  it('expects nothing between an end mark and the next record', () => {
    const facts = [...run(NOW - 500 * S, 3), end(NOW - 470 * S), ...run(NOW - 100 * S, 9)];
    expect(account(facts, registered())).to.include({ expected: 12, written: 12, missing: 0 });
  });

  it('expects a registered target without any record from its registration on', () => {
    expect(account([], registered(10 * S, 0, NOW - 55 * S))).to.include({ written: 0, missing: 4 });
    expect(account([], registered(10 * S, 0, 0))).to.include({ missing: 59 });
    expect(account([], GONE)).to.include({ expected: 0 });
    expect(account([], { kind: 'registered', sinceMs: 0, schedule: undefined })).to.include({ expected: 0 });
  });

  describe('when the interval changes', () => {
    it('finds nothing missing where some moment of change explains the records', () => {
      const facts = [...run(NOW - 300 * S, 4, 15 * S), ...run(NOW - 250 * S, 10, 5 * S)];
      expect(account(facts)).to.include({ written: 14, missing: 0 });
    });

    it('finds the slots missing that no moment of change explains', () => {
      // From −300 s on every 15 s; next seen at −200 s, every 5 s: at best six old slots or 19 new ones are missing.
      const result = account([up(NOW - 300 * S, 15 * S), ...run(NOW - 200 * S, 3, 5 * S)]);
      expect(result).to.include({ missing: 6 });
    });

    it('takes the kindest moment when slots of both lie between the records', () => {
      // Old: −240, −180; new: −250, −200, −150. Changed at once or at the end two are missing, in between one.
      const result = account([up(NOW - 300 * S, 60 * S), up(NOW - 150 * S, 50 * S)]);
      expect(result).to.include({ written: 2, missing: 1 });
    });

    it('does not expect slots of the old interval from a registered target whose new interval is longer', () => {
      expect(account(run(NOW - 100 * S, 3, 5 * S), registered(600 * S, 0))).to.include({ missing: 0 });
    });
  });

  it('keeps a bounded list of runs and exact counts', () => {
    const facts = Array.from({ length: 1000 }, (_, index) => up(NOW - 500 * S + index * 400, 200));
    const result = account(facts);
    expect(result.missing).to.equal(999);
    expect(result.missingRuns).to.have.length(MAX_MISSING_RUNS);
  });

  it('agrees with counting slot by slot, for any interval, phase, window and loss', () => {
    const scenario = fc.record({
      intervalMs: fc.integer({ min: 1, max: 120 }).map((quanta) => quanta * 500),
      phaseShare: fc.double({ min: 0, max: 0.999, noNaN: true }),
      fromAgoS: fc.integer({ min: 10, max: 900 }),
      untilAgoS: fc.integer({ min: 0, max: 9 }),
      lost: fc.infiniteStream(fc.boolean()),
    });
    fc.assert(
      fc.property(scenario, ({ intervalMs, phaseShare, fromAgoS, untilAgoS, lost }) => {
        const phase = Math.floor(phaseShare * intervalMs);
        const window = { nowMs: NOW, graceMs: S, fromMs: NOW - fromAgoS * S, untilMs: NOW - untilAgoS * S };
        // The target was there long before the window, and is registered still.
        const slots = [...slotsBetween(window.fromMs - 10 * intervalMs, NOW, intervalMs, phase)];
        const first = slots[0] ?? 0;
        const kept = slots.filter((slot) => slot === first || lost.next().value !== true);
        const judged = slots.filter(
          (slot) =>
            slot >= window.fromMs &&
            slot < window.untilMs &&
            (kept.includes(slot) || slot < NOW - intervalMs - S || slot < (kept.at(-1) ?? 0)),
        );
        const result = account(
          kept.map((slot) => up(slot, intervalMs)),
          registered(intervalMs, phase),
          window,
        );
        expect(result.written).to.equal(judged.filter((slot) => kept.includes(slot)).length);
        expect(result.missing).to.equal(judged.filter((slot) => !kept.includes(slot)).length);
        expect(result.missingRuns.reduce((sum, { count }) => sum + count, 0)).to.be.at.most(result.missing);
      }),
      { numRuns: 200 },
    );
  });
});
