import { expect } from 'chai';

import { classifyAcquisition, type Acquisition } from '../../../src/assignment/acquisition.ts';
import { fakePlan, TARGET, type FakeEpoch } from './fake-plan.ts';

const NOW = 1_000;
const mine = (members: readonly string[] = ['me', 'other']): FakeEpoch => ({ members, owners: { [TARGET]: ['me'] } });
const others = (members: readonly string[] = ['me', 'other']): FakeEpoch => ({
  members,
  owners: { [TARGET]: ['other'] },
});
const until = (untilMs: number, epoch: FakeEpoch): FakeEpoch => ({ ...epoch, untilMs });

describe('classifyAcquisition', () => {
  const table: [string, FakeEpoch[] | undefined, FakeEpoch[], boolean, Acquisition][] = [
    ['has just started', undefined, [mine()], false, { kind: 'takeover', predecessor: 'gone' }],
    ['starts alone', undefined, [mine(['me'])], false, { kind: 'takeover', predecessor: 'none' }],
    ['had it before', [mine()], [mine()], false, { kind: 'kept' }],
    ['sees a target for the first time', [others()], [mine()], true, { kind: 'fresh' }],
    ['gets it since the owner died', [others()], [mine(['me'])], false, { kind: 'takeover', predecessor: 'gone' }],
    ['gets it from a living owner', [others()], [mine()], false, { kind: 'takeover', predecessor: 'alive' }],
    ['will get it at a boundary', [others()], [until(2_000, others()), mine(['me'])], false, { kind: 'none' }],
    [
      'hears of a boundary too late',
      [others()],
      [until(900, others()), mine(['me'])],
      false,
      { kind: 'takeover', predecessor: 'alive' },
    ],
    [
      'knew of the boundary before',
      [until(2_000, others()), mine(['me'])],
      [until(2_000, others()), mine(['me'])],
      false,
      { kind: 'none' },
    ],
    [
      'passes a boundary that it knew of',
      [until(900, others()), mine(['me'])],
      [until(900, others()), mine(['me'])],
      false,
      { kind: 'kept' },
    ],
    ['loses it by a change of targets', [mine()], [until(2_000, others()), mine()], false, { kind: 'lost' }],
    [
      'has lost it at a boundary that it knew of',
      [until(900, mine()), others()],
      [until(900, mine()), others()],
      false,
      { kind: 'none' },
    ],
    ['has nothing to do with it', [others()], [others()], false, { kind: 'none' }],
    [
      'stands behind the owner',
      [others()],
      [{ members: ['me', 'other'], owners: { [TARGET]: ['other', 'me'] } }],
      false,
      { kind: 'backup' },
    ],
  ];
  for (const [title, before, after, isNew, expected] of table) {
    it(`says ${expected.kind} of a collector that ${title}`, () => {
      const previous = before === undefined ? undefined : fakePlan(...before);
      expect(classifyAcquisition(previous, fakePlan(...after), TARGET, isNew, NOW)).to.deep.equal(expected);
    });
  }
});

describe('OwnershipPlan.beginsMs', () => {
  const table: [string, FakeEpoch[], number | undefined][] = [
    ['the boundary from which on it owns the target', [until(2_000, others()), mine()], 2_000],
    ['nothing of a target that it has and keeps', [until(2_000, mine()), mine(['me'])], undefined],
    ['nothing of a target that it only loses', [until(2_000, mine()), others()], undefined],
    ['when it gets back what it loses for a while', [until(2_000, mine()), until(3_000, others()), mine()], 3_000],
    ['nothing of boundaries that are past', [until(900, others()), mine()], undefined],
    ['the first of several', [until(2_000, others()), until(3_000, mine()), until(4_000, others()), mine()], 2_000],
  ];
  for (const [title, epochs, expected] of table) {
    it(`tells ${title}`, () => {
      expect(fakePlan(...epochs).beginsMs(TARGET, NOW)).to.equal(expected);
    });
  }
});
