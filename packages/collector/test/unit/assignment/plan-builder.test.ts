import * as ring from '@pulsekeeper/hash-ring';
import type { TargetId } from '@pulsekeeper/model';
import { MAX_CAPACITY, MIN_CAPACITY } from '@pulsekeeper/registry';
import { expect } from 'chai';

import { PlanBuilder } from '../../../src/assignment/plan-builder.ts';
import type { EpochCollector } from '../../../src/membership/epochs.ts';

const TARGETS = Array.from({ length: 200 }, (_, index) => `app/${index}` as TargetId);
const NOW = 10_000;

function collector(id: string, activeFromMs = 0, drainAtMs?: number): EpochCollector {
  return { id, capacity: 1, activeFromMs, drainAtMs };
}

function builderOf(self: string, replication = 1): PlanBuilder {
  return new PlanBuilder({ self, replication });
}

describe('PlanBuilder', () => {
  const build = (self: string, collectors: EpochCollector[], replication = 1) =>
    builderOf(self, replication).build({ collectors, targetIds: TARGETS, nowMs: NOW, lookbackMs: 1_000 });

  it('gives every slot of every target to exactly one collector, all agreeing', () => {
    const collectors = [collector('a'), collector('b', NOW + 500), collector('c', 0, NOW + 900)];
    const plans = ['a', 'b', 'c'].map((self) => build(self, collectors));
    for (const slot of [NOW, NOW + 499, NOW + 500, NOW + 899, NOW + 900, NOW + 10_000]) {
      for (const target of TARGETS) {
        const owners = plans.filter((plan) => plan.rankAt(target, slot) === 0);
        expect(owners, `${target} at ${slot}`).to.have.lengthOf(1);
        expect(owners[0]?.self).to.equal(plans[0]?.ownerAt(target, slot));
      }
    }
    expect(new Set(plans.map((plan) => plan.ringVersionAt(NOW))).size).to.equal(1);
  });

  it('names the targets of all epochs that are not over', () => {
    const plan = build('b', [collector('a'), collector('b', NOW + 500)]);
    expect(plan.targetsFrom(NOW).size).to.be.within(80, 120);
    expect(plan.nextBoundaryMs(NOW)).to.equal(NOW + 500);
    const leaver = build('a', [collector('a', 0, NOW + 500), collector('b')]);
    expect(leaver.targetsFrom(NOW).size).to.be.within(80, 120);
    expect(leaver.targetsFrom(NOW + 500).size).to.equal(0);
  });

  it('ranks backups', () => {
    const collectors = [collector('a'), collector('b'), collector('c')];
    const plans = ['a', 'b', 'c'].map((self) => build(self, collectors, 2));
    for (const target of TARGETS) {
      expect(plans.map((plan) => plan.rankAt(target, NOW)).sort()).to.deep.equal([-1, 0, 1]);
    }
  });

  it('keeps assignments whose members and targets are the same', () => {
    const builder = builderOf('a');
    const input = { targetIds: TARGETS, nowMs: NOW, lookbackMs: 1_000 };
    const first = builder.build({ ...input, collectors: [collector('a'), collector('b')] });
    const second = builder.build({ ...input, collectors: [collector('a', 0, NOW + 500), collector('b')] });
    expect(second.epochs[0]?.assignment).to.equal(first.epochs[0]?.assignment);
    const third = builder.build({
      ...input,
      targetIds: TARGETS.slice(1),
      collectors: [collector('a'), collector('b')],
    });
    expect(third.epochs[0]?.assignment).not.to.equal(first.epochs[0]?.assignment);
  });

  it('works by the same bounds of capacity as the records do', () => {
    expect([MIN_CAPACITY, MAX_CAPACITY]).to.deep.equal([ring.MIN_CAPACITY, ring.MAX_CAPACITY]);
    const collectors = [
      { ...collector('a'), capacity: MAX_CAPACITY },
      { ...collector('b'), capacity: MIN_CAPACITY },
    ];
    expect(build('a', collectors).targetsFrom(NOW).size).to.be.greaterThan(190);
  });

  it('owns nothing where there is no collector', () => {
    const plan = build('a', []);
    expect(plan.rankAt(TARGETS[0]!, NOW)).to.equal(-1);
    expect(plan.targetsFrom(NOW).size).to.equal(0);
  });
});
