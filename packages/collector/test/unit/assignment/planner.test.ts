import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { silentLogger, type TargetId } from '@pulsekeeper/model';
import type { CollectorRecord, Directory, DirectoryDiff, DirectoryView } from '@pulsekeeper/registry';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { OwnershipPlan } from '../../../src/assignment/ownership-plan.ts';
import { Planner } from '../../../src/assignment/planner.ts';
import type { TargetChanges } from '../../../src/engine/scrape-engine.ts';
import { SlotClock } from '../../../src/schedule/slot-clock.ts';
import { ManualClock } from '../manual-clock.ts';

const NO_CHANGE = {
  addedTargets: [],
  removedTargets: [],
  changedCollectors: [],
  changedRules: [],
  haveDefaultsChanged: false,
} as unknown as DirectoryDiff;

function record(id: string, patch: Partial<CollectorRecord> = {}): CollectorRecord {
  const base = { host: 'h', statusUrl: 'http://h:1', capacity: 1, state: 'active', version: '1' } as const;
  return { ...base, id, activeFromMs: 0, incarnation: 'x', ...patch };
}

/** A directory whose view is set by the test. */
class FakeDirectory extends EventEmitter {
  view = { targetIds: [] as TargetId[], collectors: new Map<string, CollectorRecord>() } as unknown as DirectoryView;

  set(targetIds: string[], collectors: CollectorRecord[], diff: Partial<DirectoryDiff> = {}): void {
    const byId = new Map(collectors.map((one) => [one.id, one]));
    this.view = { ...this.view, targetIds: targetIds as TargetId[], collectors: byId };
    this.emit('changed', this.view, { ...NO_CHANGE, ...diff });
  }
}

describe('Planner', () => {
  const clock = new ManualClock();
  let directory: FakeDirectory;
  let plans: { plan: OwnershipPlan; changes: TargetChanges }[];
  let boundaries: OwnershipPlan[];
  let own: CollectorRecord;
  let isAnnounced: boolean;
  /** How long it takes to put a plan into force. */
  let costMs: number;
  let planner: Planner;

  beforeEach(() => {
    directory = new FakeDirectory();
    plans = [];
    boundaries = [];
    own = record('me');
    isAnnounced = true;
    costMs = 0;
    planner = new Planner({
      self: 'me',
      replication: 1,
      directory: directory as unknown as Directory,
      clock: new SlotClock({ clock }),
      logger: silentLogger,
      onPlan: (plan, changes) => {
        plans.push({ plan, changes });
        const startedMs = performance.now();
        while (performance.now() - startedMs < costMs);
      },
      ownRecord: () => own,
      isAnnounced: () => isAnnounced,
      onBoundary: (plan) => boundaries.push(plan),
    });
  });

  afterEach(() => planner.stop());

  it('plans with what there is, and again when targets come and go', async () => {
    directory.set(['a/1'], [record('me')]);
    planner.start();
    expect(plans).to.have.lengthOf(1);
    expect([...(plans[0]?.plan.targetsFrom(clock.now()) ?? [])]).to.deep.equal(['a/1']);
    directory.set(['a/1', 'a/2'], [record('me')], { addedTargets: ['a/2' as TargetId] });
    const last = await eventually(() => plans[1] ?? false);
    expect(last).to.be.an('object');
    const { changes } = plans[1] ?? {};
    expect([changes?.isNew('a/1' as TargetId), changes?.isNew('a/2' as TargetId)]).to.deep.equal([false, true]);
  });

  it('tells since when it has known each target', async () => {
    const [a1, a2] = ['a/1' as TargetId, 'a/2' as TargetId];
    directory.set([a1], [record('me')]);
    const startedAtMs = clock.now();
    planner.start();
    clock.advance(10_000);
    directory.set([a1, a2], [record('me')], { addedTargets: [a2] });
    await eventually(() => expect(plans).to.have.lengthOf(2));
    const since = (id: TargetId): number | undefined => plans[1]?.changes.knownFromMs(id);
    expect([since(a1), since(a2)]).to.deep.equal([startedAtMs, startedAtMs + 10_000]);
    directory.set([a1], [record('me')], { removedTargets: [a2] });
    expect(since(a2), 'forgotten').to.equal(startedAtMs);
  });

  it('counts itself as soon as it is announced, and not without its node', () => {
    directory.set(['a/1'], []);
    planner.start();
    expect(plans[0]?.plan.rankAt('a/1' as TargetId, clock.now())).to.equal(0);
    isAnnounced = false;
    planner.replan();
    expect(plans[1]?.plan.rankAt('a/1' as TargetId, clock.now())).to.equal(-1);
  });

  it('believes its own record rather than an older one in ZooKeeper', () => {
    directory.set(['a/1'], [record('me'), record('you')]);
    own = record('me', { state: 'draining', drainAtMs: clock.now() - 1 });
    planner.start();
    expect(plans[0]?.plan.rankAt('a/1' as TargetId, clock.now())).to.equal(-1);
  });

  it('owns nothing while another process holds its name, and everything is shared among those that are there', async () => {
    isAnnounced = false;
    directory.set(['a/1'], [record('me', { incarnation: 'y' })]);
    planner.start();
    expect([...(plans[0]?.plan.targetsFrom(clock.now()) ?? [])]).to.deep.equal([]);
    expect(plans[0]?.plan.ownerAt('a/1' as TargetId, clock.now())).to.equal('me');
    isAnnounced = true;
    directory.set(['a/1'], [record('me', { incarnation: 'y' })]);
    await eventually(() => expect(plans).to.have.lengthOf(2));
    expect([...(plans[1]?.plan.targetsFrom(clock.now()) ?? [])]).to.deep.equal(['a/1']);
  });

  it('says when a boundary has come', async () => {
    directory.set(['a/1'], [record('me'), record('other', { activeFromMs: clock.now() + 20 })]);
    planner.start();
    clock.advance(20);
    const plan = await eventually(() => boundaries[0] ?? false);
    expect(plan).to.equal(plans[0]?.plan);
  });

  it('plans when membership changes, but not when collectors only note their ring', async () => {
    directory.set(['a/1'], [record('me'), record('you')]);
    planner.start();
    directory.set(['a/1'], [record('me'), record('you', { ring: 'abc' })], { changedCollectors: ['you'] });
    directory.set(['a/1'], [record('me')], { changedCollectors: ['you'] });
    await eventually(() => expect(plans).to.have.lengthOf(2));
  });

  it('plans once for a storm of changes, with the last state, where plans are costly', async () => {
    costMs = 5;
    planner.start();
    for (let index = 1; index <= 200; index += 1) {
      const ids = Array.from({ length: index }, (_, at) => `a/${at}`);
      directory.set(ids, [record('me')], { addedTargets: [`a/${index}` as TargetId] });
    }
    await eventually(() => expect(plans.at(-1)?.plan.targetsFrom(clock.now()).size).to.equal(200));
    // One at the start, and one each time that the planner has rested for four times the cost of the one before.
    expect(plans.length).to.be.lessThan(20);
  });

  it('makes a plan, and puts it into force, in turns of the event loop after that of the change', async () => {
    planner.start();
    directory.set(['a/1'], [record('me')], { addedTargets: ['a/1' as TargetId] });
    expect(plans).to.have.lengthOf(1);
    await eventually(() => expect(plans).to.have.lengthOf(2));
    directory.set(['a/1', 'a/2'], [record('me')], { addedTargets: ['a/2' as TargetId] });
    planner.replan();
    expect(plans.at(-1)?.plan.targetsFrom(clock.now()).size, 'asked for').to.equal(2);
  });

  it('misses nothing that changes between making a plan and putting it into force', async () => {
    const members = (): string[] | undefined =>
      plans
        .at(-1)
        ?.plan.epochs.at(-1)
        ?.members.map(({ id }) => id);
    directory.set(['a/1'], [record('me')]);
    planner.start();
    // Whichever of the turns it is that this comes in.
    for (let turns = 0; turns < 4; turns += 1) {
      directory.set(['a/1'], [record('me'), record('you')], { changedCollectors: ['you'] });
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      const ids = Array.from({ length: turns + 2 }, (_, index) => `a/${index}`);
      directory.set(ids, [record('me')], { addedTargets: [`a/${turns + 1}` as TargetId], changedCollectors: ['you'] });
      await eventually(() => {
        expect(plans.at(-1)?.plan.targetsFrom(clock.now()).size).to.equal(ids.length);
        expect(members()).to.deep.equal(['me']);
      });
      // A plan of before does not come after it.
      for (let turn = 0; turn < 4; turn += 1) await nextTurn();
      expect(members()).to.deep.equal(['me']);
    }
  });

  it('does nothing after it was stopped', () => {
    planner.start();
    planner.stop();
    directory.set(['a/1'], [record('me')], { addedTargets: ['a/1' as TargetId] });
    planner.replan();
    expect(plans).to.have.lengthOf(1);
  });

  it('does nothing that was to come when it was stopped', async () => {
    planner.start();
    directory.set(['a/1'], [record('me')], { addedTargets: ['a/1' as TargetId] });
    planner.stop();
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
    expect(plans).to.have.lengthOf(1);
  });
});
