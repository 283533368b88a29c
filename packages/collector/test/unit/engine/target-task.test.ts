import { silentLogger } from '@pulsekeeper/model';
import { expect } from 'chai';

import type { Acquisition } from '../../../src/assignment/acquisition.ts';
import { spreadMs, staggerOf } from '../../../src/assignment/slot-approach.ts';
import { TargetTask } from '../../../src/engine/target-task.ts';
import { fakePlan } from '../assignment/fake-plan.ts';
import { FakeEngine, INTERVAL, TARGET, targetWith } from './fake-engine.ts';

const MINE = fakePlan({ members: ['me', 'other'], owners: { [TARGET]: ['me'] } });
const OTHERS = fakePlan({ members: ['me', 'other'], owners: { [TARGET]: ['other'] } });
const FRESH: Acquisition = { kind: 'fresh' };

/** An engine at 1 s after a slot, and a task that has just got the target. */
function start(
  acquisition: Acquisition = FRESH,
  engine = new FakeEngine(),
  beginsMs?: number,
): { engine: FakeEngine; task: TargetTask; slot: number } {
  const slot = engine.slotBefore(engine.nowMs) + INTERVAL;
  engine.clock.advance(slot + 1_000 - engine.nowMs);
  const task = new TargetTask(TARGET, engine.context, silentLogger);
  task.acquire({ acquisition, beginsMs }, engine.nowMs);
  task.configure(targetWith(), engine.nowMs);
  return { engine, task, slot };
}

/** A take-over of a target known for long, 1 s after a slot, where the newest in the store is so many slots older. */
function takeOver(engine: FakeEngine, acquisition: Acquisition, behind: number): { task: TargetTask; slot: number } {
  const slot = engine.slotBefore(engine.nowMs) + INTERVAL;
  engine.clock.advance(slot + 1_000 - engine.nowMs);
  engine.stored = slot - behind * INTERVAL;
  const task = new TargetTask(TARGET, engine.context, silentLogger);
  task.acquire({ acquisition, knownFromMs: 0 }, engine.nowMs);
  task.configure(targetWith(), engine.nowMs);
  return { task, slot };
}

function slotsOf(engine: FakeEngine, slot: number): number[] {
  return engine.frames.map(({ slotMs }) => (slotMs - slot) / INTERVAL);
}

describe('TargetTask', () => {
  it('scrapes a fresh target at its slots, beginning with the next', async () => {
    const { engine, slot } = start();
    await engine.runUntil(slot + 3 * INTERVAL + 100);
    expect(slotsOf(engine, slot)).to.deep.equal([1, 2, 3]);
    expect(engine.scrapes).to.deep.equal([1, 2, 3].map((k) => slot + k * INTERVAL));
    expect(engine.looks).to.equal(0);
    expect(engine.totals).to.include({ expected: 3, written: 3, failed: 3, late: 0, missed: 0 });
  });

  it('stamps a frame with its slot, and one that began late with its true time', async () => {
    const { engine, slot } = start();
    engine.clock.advance(INTERVAL - 1_000 + 400);
    await engine.runUntil(engine.nowMs);
    engine.clock.advance(INTERVAL - 400 + 700);
    await engine.runUntil(engine.nowMs);
    expect(engine.frames.map(({ timestampMs }) => timestampMs)).to.deep.equal([
      slot + INTERVAL,
      slot + 2 * INTERVAL + 700,
    ]);
    expect(engine.totals.late).to.equal(1);
  });

  describe('whose registration is read after its slot', () => {
    /** Acquires the target just before a slot, and has its registration so long after it. */
    function readLate(afterMs: number): { engine: FakeEngine; slot: number } {
      const engine = new FakeEngine();
      const slot = engine.slotBefore(engine.nowMs) + INTERVAL;
      engine.clock.advance(slot - 20 - engine.nowMs);
      const task = new TargetTask(TARGET, engine.context, silentLogger);
      task.acquire({ acquisition: FRESH, knownFromMs: engine.nowMs }, engine.nowMs);
      engine.clock.advance(20 + afterMs);
      task.configure(targetWith(), engine.nowMs);
      return { engine, slot };
    }

    it('scrapes it at once', async () => {
      const { engine, slot } = readLate(150);
      await engine.runUntil(slot + 200);
      expect(engine.scrapes).to.deep.equal([slot + 150]);
      expect(engine.looks).to.equal(1);
    });

    it('leaves it where it was scraped', async () => {
      const { engine, slot } = readLate(150);
      engine.stored = slot;
      await engine.runUntil(slot + INTERVAL + 10);
      expect(engine.scrapes).to.deep.equal([slot + INTERVAL]);
    });

    it('leaves what came while the registration was wrong', async () => {
      const engine = new FakeEngine();
      const { task, slot } = start(FRESH, engine);
      task.configure({ ok: false, reason: 'interval is "0"' }, engine.nowMs);
      task.acquire({ acquisition: { kind: 'kept' } }, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 100);
      task.configure(targetWith(), engine.nowMs);
      await engine.runUntil(slot + 2 * INTERVAL + 10);
      expect(engine.scrapes).to.deep.equal([slot + 2 * INTERVAL]);
    });
  });

  describe('on a take-over', () => {
    it('scrapes the open slot that the dead owner did not', async () => {
      const engine = new FakeEngine();
      engine.stored = engine.slotBefore(engine.nowMs);
      const { slot } = start({ kind: 'takeover', predecessor: 'gone' }, engine);
      await engine.runUntil(slot + 1_300);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
      expect(engine.frames[0]?.timestampMs).to.equal(slot + 1_250);
      expect(engine.totals).to.include({ written: 1, late: 1, covered: 0 });
    });

    it('counts the slots as missed that the dead owner left out, once', async () => {
      const engine = new FakeEngine();
      const { task, slot } = takeOver(engine, { kind: 'takeover', predecessor: 'gone' }, 4);
      await engine.runUntil(slot + INTERVAL + 1_500);
      expect(slotsOf(engine, slot)).to.deep.equal([0, 1]);
      expect(engine.totals).to.include({ expected: 5, written: 2, missed: 3 });
      expect(task.counters).to.include({ expected: 5, written: 2, missed: 3 });
    });

    it('counts no slots as left out by one that lives, since it may still write them', async () => {
      const engine = new FakeEngine();
      const { slot } = takeOver(engine, { kind: 'takeover', predecessor: 'alive' }, 4);
      await engine.runUntil(slot + INTERVAL - 10);
      expect(engine.totals).to.include({ expected: 1, written: 1, missed: 0 });
    });

    it('leaves a slot that was scraped', async () => {
      const engine = new FakeEngine();
      const { slot } = start({ kind: 'takeover', predecessor: 'gone' }, engine);
      engine.stored = slot;
      await engine.runUntil(slot + 4_000);
      expect(engine.frames).to.have.lengthOf(0);
      expect(engine.totals).to.include({ covered: 1, expected: 0 });
    });

    it('begins a target that was never scraped with its next slot', async () => {
      const { engine, slot } = start({ kind: 'takeover', predecessor: 'gone' });
      await engine.runUntil(slot + INTERVAL + 1_500);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('scrapes the open slot when the store cannot be asked', async () => {
      const engine = new FakeEngine();
      engine.isStoreAway = true;
      const { slot } = start({ kind: 'takeover', predecessor: 'gone' }, engine);
      await engine.runUntil(slot + 1_300);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
    });

    const delays = { gone: 1_000, alive: 500 };
    for (const [predecessor, delayMs] of Object.entries(delays) as ['gone' | 'alive', number][]) {
      it(`looks before it scrapes for a while after one that is ${predecessor}, and then no more`, async () => {
        const engine = new FakeEngine();
        const slot = engine.slotBefore(engine.nowMs) + INTERVAL;
        engine.clock.advance(slot + INTERVAL - 500 - engine.nowMs);
        const task = new TargetTask(TARGET, engine.context, silentLogger);
        task.acquire({ acquisition: { kind: 'takeover', predecessor } }, engine.nowMs);
        task.configure(targetWith(), engine.nowMs);
        engine.stored = slot;
        await engine.runUntil(slot + INTERVAL + delayMs / 2 - 10);
        expect(engine.frames).to.have.lengthOf(0);
        await engine.runUntil(slot + INTERVAL + delayMs + 100);
        expect(slotsOf(engine, slot)).to.deep.equal([1]);
        engine.looks = 0;
        await engine.runUntil(slot + 2 * INTERVAL + 10);
        expect(slotsOf(engine, slot)).to.deep.equal([1, 2]);
        expect(engine.looks).to.equal(0);
      });
    }
  });

  describe('at a planned boundary', () => {
    function planned(stored: (slot: number) => number): { engine: FakeEngine; slot: number } {
      const engine = new FakeEngine();
      const slot = engine.slotBefore(engine.nowMs) + INTERVAL;
      const boundary = slot + INTERVAL + 500;
      engine.plan = fakePlan(
        { untilMs: boundary, members: ['me', 'other'], owners: { [TARGET]: ['other'] } },
        { members: ['me'], owners: { [TARGET]: ['me'] } },
      );
      engine.stored = stored(slot);
      start({ kind: 'none' }, engine, boundary);
      return { engine, slot };
    }

    it('scrapes from the first slot after it, on time', async () => {
      const { engine, slot } = planned((s) => s + INTERVAL);
      await engine.runUntil(slot + 3 * INTERVAL + 10);
      expect(slotsOf(engine, slot)).to.deep.equal([2, 3]);
      expect(engine.frames.map(({ timestampMs }) => timestampMs)).to.deep.equal([2, 3].map((k) => slot + k * INTERVAL));
      expect(engine.looks, 'the last slot of the leaver, and the first own one').to.equal(2);
    });

    it('makes good the last slot before it when the leaver did not scrape it', async () => {
      const { engine, slot } = planned((s) => s);
      await engine.runUntil(slot + INTERVAL + 2_400);
      expect(engine.frames).to.have.lengthOf(0);
      await engine.runUntil(slot + INTERVAL + 2_600);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('leaves slots alone that the leaver has scraped by a clock that is ahead', async () => {
      const { engine, slot } = planned((s) => s + 2 * INTERVAL);
      await engine.runUntil(slot + 3 * INTERVAL + 10);
      expect(slotsOf(engine, slot)).to.deep.equal([3]);
    });

    it('scrapes slots before it, and none after it, as the one who leaves', async () => {
      const engine = new FakeEngine();
      const { slot } = start(FRESH, engine);
      engine.plan = fakePlan(
        { untilMs: slot + 2 * INTERVAL, members: ['me', 'other'], owners: { [TARGET]: ['me'] } },
        { members: ['other'], owners: { [TARGET]: ['other'] } },
      );
      await engine.runUntil(slot + 4 * INTERVAL);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.totals).to.include({ expected: 1, missed: 0 });
    });
  });

  describe('demoted', () => {
    it('scrapes within a tenth of the interval what nobody else did', async () => {
      const { engine, slot } = start();
      engine.isDemoted = true;
      engine.stored = slot;
      await engine.runUntil(slot + INTERVAL + 249);
      expect(engine.frames).to.have.lengthOf(0);
      await engine.runUntil(slot + INTERVAL + 250);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.frames[0]?.timestampMs).to.equal(slot + INTERVAL);
      expect(engine.totals.late).to.equal(0);
    });

    it('leaves to others what they scraped', async () => {
      const { engine, slot } = start();
      engine.isDemoted = true;
      engine.stored = slot + INTERVAL;
      await engine.runUntil(slot + INTERVAL + 3_000);
      expect(engine.frames).to.have.lengthOf(0);
      expect(engine.totals.covered).to.equal(1);
    });
  });

  describe('as a backup', () => {
    it('scrapes what the owner did not, a while after the slot', async () => {
      const engine = new FakeEngine();
      engine.plan = fakePlan({ members: ['me', 'other'], owners: { [TARGET]: ['other', 'me'] } });
      const { slot } = start({ kind: 'backup' }, engine);
      engine.stored = slot;
      await engine.runUntil(slot + INTERVAL + 1_400);
      expect(engine.frames).to.have.lengthOf(0);
      await engine.runUntil(slot + INTERVAL + 1_600);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.totals).to.include({ rescued: 1, written: 1 });
      engine.stored = slot + 2 * INTERVAL;
      await engine.runUntil(slot + 3 * INTERVAL - 1);
      expect(engine.frames).to.have.lengthOf(1);
    });
  });

  it('waits longer as a backup of an owner that turned out to be slow', async () => {
    const engine = new FakeEngine();
    engine.plan = fakePlan({ members: ['me', 'other'], owners: { [TARGET]: ['other', 'me'] } });
    const { slot } = start({ kind: 'backup' }, engine);
    engine.stored = slot;
    engine.appendOutcome = 'doubled';
    await engine.runUntil(slot + INTERVAL + 1_600);
    expect(engine.totals).to.include({ rescued: 1, doubled: 1 });
    await engine.runUntil(slot + 2 * INTERVAL + 3_000);
    expect(engine.frames).to.have.lengthOf(1);
    await engine.runUntil(slot + 2 * INTERVAL + 3_300);
    expect(engine.frames).to.have.lengthOf(2);
  });

  it('stands by a slot that it was to look at when a plan takes the target away meanwhile', async () => {
    const engine = new FakeEngine();
    const { task, slot } = takeOver(engine, { kind: 'takeover', predecessor: 'alive' }, 0);
    await engine.runUntil(slot + INTERVAL + 10);
    engine.plan = OTHERS;
    task.acquire({ acquisition: { kind: 'none' } }, engine.nowMs);
    await engine.runUntil(slot + INTERVAL + 510);
    expect(slotsOf(engine, slot)).to.deep.equal([1]);
  });

  describe('with scrapes that last', () => {
    it('has one in flight, and runs a slot that came meanwhile directly after it', async () => {
      const { engine, slot } = start();
      engine.durationMs = INTERVAL + 1_000;
      await engine.runUntil(slot + 3 * INTERVAL + 100);
      expect(engine.scrapes).to.deep.equal([slot + INTERVAL, slot + 2 * INTERVAL + 1_000]);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('counts a slot that is over before its turn as missed', async () => {
      const { engine, slot } = start();
      engine.durationMs = 2 * INTERVAL + 1_000;
      await engine.runUntil(slot + 4 * INTERVAL - 100);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.totals).to.include({ expected: 3, written: 1, missed: 1 });
    });
  });

  describe('after a stall', () => {
    it('scrapes no slot that is over, and the open one at once', async () => {
      const { engine, slot } = start();
      engine.stallFor(3 * INTERVAL);
      await engine.runUntil(engine.nowMs);
      expect(slotsOf(engine, slot)).to.deep.equal([3]);
      expect(engine.frames[0]?.timestampMs).to.equal(slot + 3 * INTERVAL + 1_000);
      expect(engine.totals).to.include({ expected: 3, written: 1, missed: 2 });
    });

    it('counts of the slots that passed only those as missed that nobody else scraped', async () => {
      for (const [newest, missed] of [
        [0, 2],
        [1, 1],
        [2, 0],
      ] as const) {
        const { engine, slot } = start();
        engine.stallFor(3 * INTERVAL);
        engine.isDemoted = true;
        engine.stored = slot + newest * INTERVAL;
        await engine.runUntil(engine.nowMs + 500);
        expect(engine.totals, `newest ${newest}`).to.include({ expected: missed + 1, written: 1, missed });
      }
    });

    it('discards what was in flight when its slot is over, and counts it as missed', async () => {
      const { engine, slot } = start();
      engine.durationMs = 50;
      await engine.runUntil(slot + INTERVAL + 10);
      engine.stallFor(INTERVAL + 200);
      await engine.runUntil(engine.nowMs + 100);
      expect(slotsOf(engine, slot)).to.deep.equal([2]);
      expect(engine.totals).to.include({ expected: 2, written: 1, missed: 1 });
    });

    it('keeps what was in flight while its slot is open', async () => {
      const { engine, slot } = start();
      engine.durationMs = 50;
      await engine.runUntil(slot + INTERVAL + 10);
      engine.stallFor(1_500);
      await engine.runUntil(engine.nowMs);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });
  });

  describe('given up', () => {
    it('finishes what is in flight and begins nothing', async () => {
      const { engine, task, slot } = start();
      engine.durationMs = 300;
      await engine.runUntil(slot + INTERVAL + 100);
      task.release(false, engine.nowMs);
      engine.plan = OTHERS;
      await engine.runUntil(slot + 3 * INTERVAL);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.closed).to.equal(1);
      expect(engine.ends).to.deep.equal([]);
    });

    it('marks the end of a target that has left, after what is in flight', async () => {
      const { engine, task, slot } = start();
      engine.durationMs = 300;
      await engine.runUntil(slot + INTERVAL + 100);
      task.release(true, engine.nowMs);
      expect(engine.ends).to.deep.equal([]);
      await engine.runUntil(slot + INTERVAL + 400);
      expect(engine.ends).to.deep.equal([slot + INTERVAL + 100]);
    });

    it('marks the end no later than now, so that a target that is registered again at once stands behind it', async () => {
      const { engine, task, slot } = start();
      await engine.runUntil(slot + INTERVAL + 100);
      task.release(true, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 200);
      expect(engine.ends).to.deep.equal([slot + INTERVAL + 100]);
    });

    it('marks the end with the next slot when that is past', async () => {
      const { engine, task, slot } = start();
      await engine.runUntil(slot + INTERVAL + 100);
      engine.plan = OTHERS;
      await engine.runUntil(slot + 4 * INTERVAL);
      task.release(true, engine.nowMs);
      expect(engine.ends).to.deep.equal([slot + 2 * INTERVAL]);
    });

    it('marks no end of a target that it never scraped', () => {
      const { engine, task } = start();
      task.release(true, engine.nowMs);
      expect(engine.ends).to.deep.equal([]);
    });
  });

  describe('when the registration changes', () => {
    it('goes on by the new interval after the last slot', async () => {
      const { engine, task, slot } = start();
      await engine.runUntil(slot + INTERVAL + 100);
      task.configure(targetWith({ intervalMs: 1_000, timeoutMs: 1_000 }), engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 3_200);
      const after = engine.frames.slice(1);
      expect(after).to.have.lengthOf(3);
      expect(after.every(({ intervalMs }) => intervalMs === 1_000)).to.equal(true);
      expect(engine.closed, 'the old connection').to.equal(1);
    });

    describe('with the same interval', () => {
      const CHANGED = targetWith({ retries: 1 });

      it('still makes good the open slot after a take-over', async () => {
        const engine = new FakeEngine();
        const { task, slot } = takeOver(engine, { kind: 'takeover', predecessor: 'gone' }, 1);
        task.configure(CHANGED, engine.nowMs);
        await engine.runUntil(slot + INTERVAL + 1_500);
        expect(slotsOf(engine, slot)).to.deep.equal([0, 1]);
      });

      it('still scrapes the slot whose timer is late', async () => {
        const { engine, task, slot } = start();
        engine.clock.advance(slot + INTERVAL + 3 - engine.nowMs);
        task.configure(CHANGED, engine.nowMs);
        await engine.runUntil(slot + INTERVAL + 10);
        expect(slotsOf(engine, slot)).to.deep.equal([1]);
      });

      it('still looks as a demoted owner', async () => {
        const { engine, task, slot } = start();
        engine.isDemoted = true;
        await engine.runUntil(slot + INTERVAL + 10);
        task.configure(CHANGED, engine.nowMs);
        await engine.runUntil(slot + INTERVAL + 300);
        expect(slotsOf(engine, slot)).to.deep.equal([1]);
      });

      it('still scrapes the slot that waits behind a long scrape, by the new registration', async () => {
        const { engine, task, slot } = start();
        engine.durationMs = INTERVAL + 1_000;
        await engine.runUntil(slot + 2 * INTERVAL + 100);
        task.configure(CHANGED, engine.nowMs);
        expect(engine.closed, 'the connection in use').to.equal(0);
        engine.durationMs = 0;
        await engine.runUntil(slot + 2 * INTERVAL + 1_100);
        expect(slotsOf(engine, slot)).to.deep.equal([1, 2]);
        expect(engine.closed).to.equal(1);
      });

      it('still scrapes the slot that waits at the gate', async () => {
        const engine = new FakeEngine(1);
        let leave = (): void => undefined;
        engine.context.gate.enter(() => (leave = () => engine.context.gate.leave('onTime')), 'onTime');
        const { task, slot } = start(FRESH, engine);
        await engine.runUntil(slot + INTERVAL + 100);
        task.configure(CHANGED, engine.nowMs);
        leave();
        await engine.runUntil(slot + INTERVAL + 200);
        expect(slotsOf(engine, slot)).to.deep.equal([1]);
      });
    });

    it('stops scraping a target whose registration is wrong, says why, and goes on when it is right again', async () => {
      const { engine, task, slot } = start();
      task.configure({ ok: false, reason: 'interval is "0"' }, engine.nowMs);
      await engine.runUntil(slot + 2 * INTERVAL);
      expect(engine.frames).to.have.lengthOf(0);
      expect(task.describe(engine.nowMs)).to.include({ health: 'rejected' });
      expect(task.describe(engine.nowMs).lastError?.message).to.equal('interval is "0"');
      task.configure(targetWith(), engine.nowMs);
      await engine.runUntil(slot + 3 * INTERVAL + 10);
      expect(slotsOf(engine, slot)).to.deep.equal([3]);
    });
  });

  it('counts what the store refused', async () => {
    const { engine, slot } = start();
    engine.appendOutcome = 'doubled';
    await engine.runUntil(slot + INTERVAL + 10);
    engine.appendOutcome = 'dropped';
    await engine.runUntil(slot + 2 * INTERVAL + 10);
    expect(engine.totals).to.include({ expected: 2, written: 0, doubled: 1, dropped: 1 });
  });

  describe('when a plan gives it a target whose open slot fell to nobody it knows of', () => {
    /** The owner, without a part in the slot that is open now: the plan that was in force when it came said so. */
    async function passedOver(): Promise<{ engine: FakeEngine; task: TargetTask; slot: number }> {
      const { engine, task, slot } = start();
      engine.plan = OTHERS;
      await engine.runUntil(slot + INTERVAL + 300);
      engine.plan = MINE;
      engine.stored = slot;
      return { engine, task, slot };
    }

    it('verifies the slot, and scrapes it when it is missing', async () => {
      const { engine, task, slot } = await passedOver();
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: 0 }, engine.nowMs);
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: 0 }, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 2_600);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.looks).to.equal(1);
    });

    it('leaves it when another has scraped it', async () => {
      const { engine, task, slot } = await passedOver();
      engine.stored = slot + INTERVAL;
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: 0 }, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 2_600);
      expect(engine.frames).to.have.lengthOf(0);
      expect(engine.totals).to.include({ covered: 1, missed: 0 });
    });

    it('verifies it again when it lost the target and got it back meanwhile', async () => {
      const { engine, task, slot } = await passedOver();
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: 0 }, engine.nowMs);
      engine.plan = OTHERS;
      await engine.runUntil(slot + INTERVAL + 3_000);
      expect(engine.frames).to.have.lengthOf(0);
      engine.plan = MINE;
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: 0 }, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 3_400);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('carries the verification out when the slot is about to close, whoever has the target by then', async () => {
      const { engine, task, slot } = await passedOver();
      await engine.runUntil(slot + INTERVAL + 3_700);
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: 0 }, engine.nowMs);
      engine.plan = OTHERS;
      await engine.runUntil(slot + INTERVAL + 4_100);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('scrapes it where the target has no frame at all, if it was known by then', async () => {
      const { engine, task, slot } = await passedOver();
      engine.stored = undefined;
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: slot + 1 }, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 2_600);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('leaves a slot from before the target was known', async () => {
      const { engine, task, slot } = await passedOver();
      task.acquire({ acquisition: { kind: 'kept' }, knownFromMs: slot + INTERVAL + 1 }, engine.nowMs);
      await engine.runUntil(slot + INTERVAL + 2_600);
      expect(engine.looks).to.equal(0);
    });
  });

  describe('when another collector owns the target by a new plan', () => {
    /** When those look that had the target before. */
    const LATE = 0.75 * INTERVAL + spreadMs(INTERVAL, staggerOf('me', TARGET));

    /** A target that was ours for a slot, which we scraped. */
    async function lose(sessionTimeoutMs = 2_000): Promise<{ engine: FakeEngine; task: TargetTask; slot: number }> {
      const { engine, task, slot } = start(FRESH, new FakeEngine(10, sessionTimeoutMs));
      await engine.runUntil(slot + INTERVAL + 100);
      engine.plan = OTHERS;
      task.watchOver(engine.nowMs, false);
      return { engine, task, slot: slot + INTERVAL };
    }

    it('makes good what that one does not scrape, late in each slot', async () => {
      const { engine, task, slot } = await lose();
      engine.stored = slot;
      await engine.runUntil(slot + INTERVAL + LATE - 1);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
      await engine.runUntil(slot + INTERVAL + LATE);
      expect(slotsOf(engine, slot)).to.deep.equal([0, 1]);
      await engine.runUntil(slot + 3 * INTERVAL);
      expect(slotsOf(engine, slot)).to.deep.equal([0, 1, 2]);
      expect(task.answersForTarget).to.equal(true);
    });

    it('makes good within a second what that one does not scrape that may not have heard of it', async () => {
      const { engine, task, slot } = start();
      await engine.runUntil(slot + INTERVAL + 3_500);
      engine.stored = slot + INTERVAL;
      engine.plan = OTHERS;
      task.watchOver(engine.nowMs, true);
      await engine.runUntil(slot + 2 * INTERVAL + 600);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      await engine.runUntil(slot + 2 * INTERVAL + 1_000);
      expect(slotsOf(engine, slot)).to.deep.equal([1, 2]);
    });

    it('leaves to that one what it has scraped just after a change', async () => {
      const { engine, task, slot } = start();
      await engine.runUntil(slot + INTERVAL + 3_500);
      engine.plan = OTHERS;
      task.watchOver(engine.nowMs, true);
      engine.stored = slot + 2 * INTERVAL;
      await engine.runUntil(slot + 3 * INTERVAL - 10);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
      expect(engine.dismissed).to.equal(1);
    });

    it('ends with the first frame of that one', async () => {
      const { engine, task, slot } = await lose();
      engine.stored = slot + INTERVAL;
      await engine.runUntil(slot + 2 * INTERVAL);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
      expect(task.answersForTarget).to.equal(false);
      expect(engine.dismissed).to.equal(1);
      await engine.runUntil(slot + 4 * INTERVAL);
      expect(engine.looks).to.equal(1);
    });

    it('scrapes nothing when the store cannot be asked', async () => {
      const { engine, slot } = await lose();
      engine.isStoreAway = true;
      await engine.runUntil(slot + 4 * INTERVAL);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
    });

    it('looks for the open slot, too, where it has not dealt with it', async () => {
      const { engine, task, slot } = start();
      engine.stored = slot - INTERVAL;
      engine.plan = OTHERS;
      task.watchOver(engine.nowMs, false);
      await engine.runUntil(slot + INTERVAL - 1);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
    });

    it('goes on after a frame for the slot that was open: that may be by the owner before us', async () => {
      const { engine, task, slot } = start();
      engine.plan = OTHERS;
      task.watchOver(engine.nowMs, false);
      engine.stored = slot;
      await engine.runUntil(slot + INTERVAL - 1);
      expect(engine.looks).to.equal(1);
      expect(task.answersForTarget).to.equal(true);
      await engine.runUntil(slot + INTERVAL + LATE);
      expect(slotsOf(engine, slot)).to.deep.equal([1]);
    });

    it('answers for a target from the moment on that it gets it', () => {
      const engine = new FakeEngine();
      const { task } = takeOver(engine, { kind: 'takeover', predecessor: 'gone' }, 1);
      expect(task.answersForTarget).to.equal(true);
    });

    it('goes by the new interval when the registration changes', async () => {
      const { engine, task, slot } = await lose();
      engine.stored = slot;
      task.configure(targetWith({ intervalMs: 2 * INTERVAL }), engine.nowMs);
      await engine.runUntil(slot + 4 * INTERVAL);
      expect(engine.frames.slice(1).every(({ intervalMs }) => intervalMs === 2 * INTERVAL)).to.equal(true);
      expect(engine.frames.length).to.be.within(2, 3);
    });

    it('ends when the registration makes no sense any more', async () => {
      const { engine, task, slot } = await lose();
      task.configure({ ok: false, reason: 'interval is "0"' }, engine.nowMs);
      expect(task.answersForTarget).to.equal(false);
      await engine.runUntil(slot + 3 * INTERVAL);
      expect(slotsOf(engine, slot)).to.deep.equal([0]);
    });

    it('stands in from the first slot on that came since', async () => {
      const { engine, task, slot } = await lose();
      engine.stored = slot;
      expect(task.standsIn).to.equal(false);
      await engine.runUntil(slot + 2 * INTERVAL - 1);
      expect(task.standsIn).to.equal(true);
    });

    it('watches over a slot that it was to stand in for as a backup, until that is dealt with', async () => {
      const engine = new FakeEngine();
      engine.plan = fakePlan({ members: ['me', 'other'], owners: { [TARGET]: ['other', 'me'] } });
      const { task, slot } = start({ kind: 'backup' }, engine);
      engine.stored = slot;
      expect(task.answersForTarget).to.equal(false);
      await engine.runUntil(slot + INTERVAL + 100);
      expect(task.answersForTarget).to.equal(true);
      engine.stored = slot + INTERVAL;
      await engine.runUntil(slot + 2 * INTERVAL - 1);
      expect(task.answersForTarget).to.equal(false);
      await engine.runUntil(slot + 2 * INTERVAL + 100);
      engine.plan = OTHERS;
      task.watchOver(engine.nowMs, false);
      await engine.runUntil(slot + 3 * INTERVAL - 1);
      expect(slotsOf(engine, slot)).to.deep.equal([2]);
    });

    it('goes on for twice the session timeout where that is longer', async () => {
      const { engine, task, slot } = await lose(10 * INTERVAL);
      engine.stored = slot;
      await engine.runUntil(slot + 20 * INTERVAL);
      expect(slotsOf(engine, slot)).to.have.length(20);
      await engine.runUntil(slot + 24 * INTERVAL);
      expect(task.answersForTarget).to.equal(false);
      expect(engine.dismissed).to.equal(1);
    });

    it('ends after eight slots in which nothing shows', async () => {
      const { engine, task, slot } = await lose();
      engine.isStoreAway = true;
      await engine.runUntil(slot + 8 * INTERVAL);
      expect(task.answersForTarget).to.equal(true);
      await engine.runUntil(slot + 9 * INTERVAL);
      expect(task.answersForTarget).to.equal(false);
      expect(engine.dismissed).to.equal(1);
    });
  });

  it('never scrapes a slot twice when it is acquired again and again', async () => {
    const { engine, task, slot } = start();
    engine.stored = slot;
    for (let time = 0; time < 20; time += 1) {
      task.acquire({ acquisition: { kind: 'takeover', predecessor: 'alive' } }, engine.nowMs);
      await engine.runUntil(engine.nowMs + 700);
    }
    const slots = slotsOf(engine, slot);
    expect(new Set(slots).size).to.equal(slots.length);
    expect(slots).to.deep.equal([1, 2]);
  });

  it('describes itself', async () => {
    const { engine, task, slot } = start();
    expect(task.describe(engine.nowMs)).to.include({
      target: TARGET,
      health: 'unknown',
      rank: 0,
      nextSlotMs: slot + INTERVAL,
    });
    await engine.runUntil(slot + INTERVAL + 10);
    const state = task.describe(engine.nowMs);
    expect(state).to.include({ health: 'down', lastSlotMs: slot + INTERVAL, failuresInARow: 1, intervalMs: INTERVAL });
    expect(state.lastError?.reason).to.equal('http_status');
    engine.plan = MINE;
    expect(JSON.parse(JSON.stringify(state))).to.have.property('slots');
  });
});
