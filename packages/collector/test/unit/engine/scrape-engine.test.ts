import { deferred, DEFAULT_SCRAPE_RULE, silentLogger, systemClock, type Parsed, type Target } from '@pulsekeeper/model';
import type { FrameWriter } from '@pulsekeeper/store';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { Registry } from 'prom-client';

import { ScrapeEngine } from '../../../src/engine/scrape-engine.ts';
import { CollectorMetrics } from '../../../src/metrics.ts';
import { ScrapeGate } from '../../../src/schedule/scrape-gate.ts';
import { SlotClock } from '../../../src/schedule/slot-clock.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import type { ScrapeOutcome, SlotScraper } from '../../../src/scrape/target-scraper.ts';
import { fakePlan, TARGET } from '../assignment/fake-plan.ts';

const MINE = fakePlan({ members: ['me'], owners: { [TARGET]: ['me'] } });
const OTHERS = fakePlan({ members: ['other'], owners: { [TARGET]: ['other'] } });
const CHANGES = { isNew: () => true, exists: () => true, knownFromMs: () => 0, targetsChangedAtMs: 0 };

/** An engine on real time with a target of 100 ms whose scrapes end when the test says so. */
class Bench {
  scrapes = 0;
  closed = 0;
  readonly slots: number[] = [];
  readonly dismissed: string[] = [];
  ends = 0;
  opened = 0;
  writersClosed = 0;
  hold: ReturnType<typeof deferred<undefined>> | undefined;
  readonly metrics = new CollectorMetrics(new Registry());
  readonly engine: ScrapeEngine;
  lastSlots: FrameWriter['lastSlots'] = () => Promise.resolve(new Map());

  constructor(isDemoted = false) {
    const writer = {
      append: ({ slotMs }: { slotMs: number }) => {
        this.slots.push(slotMs);
        return Promise.resolve('written' as const);
      },
      end: () => {
        this.ends += 1;
        return Promise.resolve();
      },
      close: () => {
        this.writersClosed += 1;
      },
    };
    this.engine = new ScrapeEngine({
      self: 'me',
      clock: new SlotClock({ clock: systemClock }),
      gate: new ScrapeGate({ maxInFlight: 5, maxCatchUp: 5 }),
      frames: {
        open: () => {
          this.opened += 1;
          return writer;
        },
        lastSlots: (ids) => this.lastSlots(ids),
      },
      createScraper: () => this.#scraper(),
      metrics: this.metrics,
      logger: silentLogger,
      cautionMs: 2_000,
      sessionTimeoutMs: 500,
      onDismissed: (id) => this.dismissed.push(id),
      isDemoted: () => isDemoted,
      stallCount: () => 0,
    });
    this.engine.start();
  }

  own(): void {
    this.engine.applyPlan(MINE, CHANGES);
    this.engine.configure(TARGET, target());
  }

  #scraper(): SlotScraper {
    const closed = deferred<undefined>();
    return {
      scrape: async () => {
        this.scrapes += 1;
        await (this.hold === undefined ? undefined : Promise.race([this.hold.promise, closed.promise]));
        return OUTCOME;
      },
      close: () => {
        this.closed += 1;
        closed.resolve(undefined);
      },
    };
  }
}

const OUTCOME: ScrapeOutcome = {
  exposition: undefined,
  error: new ScrapeError('http_status', 'status 500'),
  attempts: 1,
  retried: [],
  durationMs: 1,
  lastAttemptAfterMs: 0,
  bodyBytes: 0,
  wireBytes: 0,
};

function target(): Parsed<Target> {
  const rule = { ...DEFAULT_SCRAPE_RULE, intervalMs: 100, timeoutMs: 100 };
  return { ok: true, value: { id: TARGET, service: 'shop', instance: 'one', url: 'http://h/', rule, labels: {} } };
}

describe('ScrapeEngine', () => {
  /** No deadline: a timeout would begin when the file is loaded, long before its tests run. */
  const noDeadline = new AbortController().signal;

  it('scrapes the targets of its plan at their slots, one frame each', async () => {
    const bench = new Bench();
    bench.own();
    await eventually(() => expect(bench.slots.length).to.be.at.least(3));
    await bench.engine.stop(noDeadline);
    expect(bench.slots).to.deep.equal(bench.slots.map((_, at) => (bench.slots[0] ?? 0) + at * 100));
    expect(bench.engine.totals.written).to.equal(bench.slots.length);
  });

  it('gives up what the next plan gives to others', async () => {
    const bench = new Bench();
    bench.own();
    await eventually(() => expect(bench.slots.length).to.be.at.least(1));
    bench.engine.applyPlan(OTHERS, CHANGES);
    expect(bench.engine.targetCount).to.equal(0);
    await eventually(() => expect([bench.closed, bench.ends]).to.deep.equal([1, 0]));
    await bench.engine.stop(noDeadline);
  });

  describe('of a target that it lost to another collector', () => {
    const isNotNew = { ...CHANGES, isNew: () => false };

    /** Owned, and given to another one before it was scraped. */
    function lost(): Bench {
      const bench = new Bench();
      bench.own();
      bench.engine.applyPlan(OTHERS, isNotNew);
      expect([...bench.engine.watchedIds]).to.deep.equal([TARGET]);
      return bench;
    }

    it('scrapes what that one does not, and forgets it with the first frame of that one', async () => {
      const bench = lost();
      bench.lastSlots = () => Promise.resolve(new Map([[TARGET, 1]]));
      await eventually(() => expect(bench.slots.length).to.be.at.least(2));
      bench.lastSlots = () => Promise.resolve(new Map([[TARGET, Date.now()]]));
      await eventually(() => expect(bench.dismissed).to.deep.equal([TARGET]));
      expect([...bench.engine.watchedIds]).to.deep.equal([]);
      expect(bench.ends).to.equal(0);
      await bench.engine.stop(noDeadline);
    });

    it('marks the end when it leaves, having stood in for the owner', async () => {
      const bench = lost();
      bench.lastSlots = () => Promise.resolve(new Map([[TARGET, 1]]));
      await eventually(() => expect(bench.slots.length).to.be.at.least(2));
      bench.engine.applyPlan(OTHERS, { ...isNotNew, exists: () => false });
      await eventually(() => expect([bench.dismissed, bench.ends]).to.deep.equal([[TARGET], 1]));
      await bench.engine.stop(noDeadline);
    });

    it('leaves the end to the owner when it leaves before', async () => {
      const bench = lost();
      bench.engine.applyPlan(OTHERS, { ...isNotNew, exists: () => false });
      expect([bench.dismissed, bench.ends]).to.deep.equal([[TARGET], 0]);
      await bench.engine.stop(noDeadline);
    });

    it('forgets it when its registration turns out to make no sense, even if it comes only now', async () => {
      const bench = new Bench();
      bench.engine.applyPlan(MINE, CHANGES);
      bench.engine.applyPlan(OTHERS, isNotNew);
      expect([...bench.engine.watchedIds]).to.deep.equal([TARGET]);
      bench.engine.configure(TARGET, { ok: false, reason: 'no address' });
      expect(bench.dismissed).to.deep.equal([TARGET]);
      await bench.engine.stop(noDeadline);
    });

    it('watches over it by a registration that comes only now', async () => {
      const bench = new Bench();
      bench.engine.applyPlan(MINE, CHANGES);
      bench.engine.applyPlan(OTHERS, isNotNew);
      bench.engine.configure(TARGET, target());
      bench.lastSlots = () => Promise.resolve(new Map([[TARGET, 1]]));
      await eventually(() => expect(bench.slots.length).to.be.at.least(1));
      await bench.engine.stop(noDeadline);
    });

    it('goes on with it when it gets it back', async () => {
      const bench = lost();
      bench.engine.applyPlan(MINE, isNotNew);
      await eventually(() => expect(bench.slots.length).to.be.at.least(2));
      expect([[...bench.engine.watchedIds], bench.dismissed]).to.deep.equal([[], []]);
      await bench.engine.stop(noDeadline);
    });
  });

  it('marks the end of a target that has left the cluster', async () => {
    const bench = new Bench();
    bench.own();
    await eventually(() => expect(bench.slots.length).to.be.at.least(1));
    bench.engine.applyPlan(fakePlan({ members: ['me'], owners: {} }), { ...CHANGES, exists: () => false });
    await eventually(() => expect(bench.ends).to.equal(1));
    await bench.engine.stop(noDeadline);
  });

  it('keeps nothing of 10,000 comings and goings, nor of as many losses', async () => {
    const bench = new Bench();
    const none = fakePlan({ members: ['me'], owners: {} });
    const gone = { ...CHANGES, exists: () => false };
    for (let time = 0; time < 10_000; time += 1) {
      bench.own();
      if (time % 2 === 0) bench.engine.applyPlan(OTHERS, { ...CHANGES, isNew: () => false });
      bench.engine.applyPlan(none, gone);
    }
    expect([bench.engine.targetCount, [...bench.engine.watchedIds].length]).to.deep.equal([0, 0]);
    await eventually(() =>
      expect([bench.opened - bench.writersClosed, bench.dismissed.length]).to.deep.equal([0, 5_000]),
    );
    const { slots } = bench;
    await bench.engine.stop(noDeadline);
    expect(new Set(slots).size).to.equal(slots.length);
  });

  it('asks the store about all slots of a moment at once, and scrapes when it does not answer', async () => {
    const bench = new Bench(true);
    bench.lastSlots = () => Promise.reject(new Error('away'));
    bench.own();
    await eventually(() => expect(bench.slots.length).to.be.at.least(2));
    await bench.engine.stop(noDeadline);
    expect(bench.engine.totals.covered).to.equal(0);
  });

  it('leaves to others what the store has', async () => {
    const bench = new Bench(true);
    bench.lastSlots = (ids) => Promise.resolve(new Map(ids.map((id) => [id, Date.now()])));
    bench.own();
    await eventually(() => expect(bench.engine.totals.covered).to.be.at.least(2));
    await bench.engine.stop(noDeadline);
    expect(bench.scrapes).to.equal(0);
  });

  it('finishes what is in flight when it stops', async () => {
    const bench = new Bench();
    bench.hold = deferred();
    bench.own();
    await eventually(() => expect(bench.scrapes).to.equal(1));
    const stopped = bench.engine.stop(noDeadline);
    bench.hold.resolve(undefined);
    await stopped;
    expect(bench.slots).to.have.lengthOf(1);
  });

  it('breaks off what is in flight at the deadline, and writes nothing of it', async () => {
    const bench = new Bench();
    bench.hold = deferred();
    bench.own();
    await eventually(() => expect(bench.scrapes).to.equal(1));
    await bench.engine.stop(AbortSignal.timeout(20));
    await eventually(() => expect(bench.closed).to.be.at.least(1));
    expect(bench.slots).to.deep.equal([]);
  });
});
