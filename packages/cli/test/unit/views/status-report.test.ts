import { readServerAnswer, silentServer } from '../../../src/views/ensemble.ts';
import { expect } from 'chai';

import { listCollectors, type CollectorEntry, type CollectorListInput } from '../../../src/views/collector-list.ts';
import { readHeartbeat, sumSlots } from '../../../src/views/heartbeat.ts';
import { compareRings } from '../../../src/views/ring-agreement.ts';
import { findProblems, type ProblemInput } from '../../../src/views/status-report.ts';
import { collectorRecord, heartbeat } from '../../support/model-builders.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');

function list(input: Partial<CollectorListInput>): CollectorEntry[] {
  return listCollectors({ records: new Map(), heartbeats: [], loadOf: () => 2, targetCount: 4, nowMs: NOW, ...input });
}

describe('readHeartbeat', () => {
  it('takes what it knows and leaves the rest unknown', () => {
    const beat = readHeartbeat({
      id: 'c1',
      publishedAtMs: NOW,
      ring: 'abc',
      lagMs: 'many',
      samplesPerSecond: Number.NaN,
      slots: { expected: 5, written: 'x' },
      recent: { windowMs: 300_000, slots: { missed: 2 } },
      somethingNew: {},
    });
    expect(beat).to.include({ ring: 'abc', lagMs: undefined, samplesPerSecond: undefined, isStopped: false });
    expect(beat.slots).to.include({ expected: 5, written: 0 });
    expect(beat.recent?.slots.missed).to.equal(2);
  });

  it('survives a heartbeat with nothing in it', () => {
    expect(readHeartbeat({ id: 'c1', publishedAtMs: NOW }).recent).to.equal(undefined);
  });

  it('sums slots up', () => {
    const slots = { expected: 1, written: 1, failed: 1, late: 0, missed: 0, doubled: 0, dropped: 0 };
    expect(sumSlots([slots, slots])).to.include({ expected: 2, failed: 2, missed: 0 });
    expect(sumSlots([])).to.include({ expected: 0 });
  });
});

describe('listCollectors', () => {
  it('puts znode, ring and heartbeat together', () => {
    const [entry] = list({
      records: new Map([['c1', collectorRecord('c1')]]),
      heartbeats: [heartbeat('c1', NOW - 1000, { ring: 'r1', lagMs: 250 })],
    });
    expect(entry).to.include({
      collector: 'c1',
      state: 'active',
      targets: 2,
      share: 0.5,
      ring: 'r1',
      lagSeconds: 0.25,
    });
    expect(entry?.lastSeen).to.equal('2026-01-31T11:59:59Z');
  });

  it('tells joining and draining collectors', () => {
    const records = new Map([
      ['a', collectorRecord('a', { activeFromMs: NOW + 1000 })],
      ['b', collectorRecord('b', { state: 'draining', drainAtMs: NOW + 1000 })],
    ]);
    expect(list({ records }).map(({ state }) => state)).to.deep.equal(['joining', 'draining']);
  });

  it('shows a collector that is cut off from ZooKeeper, and not one that has left or died', () => {
    const heartbeats = [
      heartbeat('cut-off', NOW - 1000),
      heartbeat('dead', NOW - 11_000),
      heartbeat('left', NOW - 1000, { isStopped: true }),
    ];
    expect(list({ heartbeats }).map(({ collector, state }) => [collector, state])).to.deep.equal([
      ['cut-off', 'unregistered'],
    ]);
  });

  it('goes by the heartbeats alone while ZooKeeper is away', () => {
    const [entry] = list({ records: undefined, heartbeats: [heartbeat('c1', NOW, { targets: 7 })] });
    expect(entry).to.include({ state: 'active', targets: 7, host: null });
  });
});

describe('compareRings', () => {
  it('names those that work by another ring, or by none yet', () => {
    const published = new Map([
      ['a', 'r1'],
      ['b', 'r2'],
      ['c', undefined],
    ]);
    expect(compareRings('r1', published)).to.deep.equal({ version: 'r1', agreed: false, deviating: ['b', 'c'] });
  });

  it('compares them with each other while ZooKeeper is away', () => {
    const published = new Map([
      ['a', 'r2'],
      ['b', 'r1'],
      ['c', 'r2'],
    ]);
    expect(compareRings(undefined, published)).to.deep.equal({ version: null, agreed: false, deviating: ['b'] });
  });

  it('finds nobody to disagree in an empty cluster', () => {
    expect(compareRings('r1', new Map()).agreed).to.equal(true);
  });

  it('does not know whether they agree while nobody could be asked', () => {
    expect(compareRings(undefined, new Map())).to.deep.equal({ version: null, agreed: null, deviating: [] });
  });
});

describe('findProblems', () => {
  const healthy: ProblemInput = {
    isRegistryKnown: true,
    isStoreKnown: true,
    servers: [readServerAnswer('zk1:2181', 'Mode: leader', 0.001)],
    collectors: list({
      records: new Map([['c1', collectorRecord('c1')]]),
      heartbeats: [heartbeat('c1', NOW - 1000)],
    }),
    ring: { version: 'r1', agreed: true, deviating: [] },
    slots: { windowSeconds: 300, ...sumSlots([heartbeat('c1', NOW).slots]) },
    targetCount: 4,
    smallestIntervalMs: 5000,
    redisWarnings: [],
    registryProblems: [],
    nowMs: NOW,
  };
  function withBeat(fields: Parameters<typeof heartbeat>[2], ageMs = 1000): Partial<ProblemInput> {
    const records = new Map([['c1', collectorRecord('c1')]]);
    return { collectors: list({ records, heartbeats: [heartbeat('c1', NOW - ageMs, fields)] }) };
  }
  function texts(change: Partial<ProblemInput>): string[] {
    return findProblems({ ...healthy, ...change }).map(({ severity, text }) => `${severity}: ${text}`);
  }

  it('finds none in a healthy cluster', () => {
    expect(texts({})).to.deep.equal([]);
  });

  const cases: readonly (readonly [string, Partial<ProblemInput>, RegExp])[] = [
    ['no collector', { collectors: [] }, /^error: no collector is registered; 4 targets are not scraped/],
    [
      'another ring',
      { ring: { version: 'r1', agreed: false, deviating: ['c1'] } },
      /^error: not working by ring r1: c1/,
    ],
    ['missed slots', { slots: { ...healthy.slots!, missed: 2 } }, /^error: 2 slots were missed in the last 5m/],
    [
      'slots missed at some time',
      { slots: { ...healthy.slots!, missed: 2, windowSeconds: null } },
      /^warning: 2 slots were missed since the collectors started/,
    ],
    ['dropped frames', { slots: { ...healthy.slots!, dropped: 1 } }, /^error: 1 frames were dropped/],
    ['a silent collector', withBeat({}, 11_000), /^error: c1 is registered and has no fresh heartbeat/],
    [
      'a clock that is off',
      withBeat({ clockSkewMs: -600 }),
      /^warning: the clock of c1 is -0\.600 s off Redis's, more than 0\.5 s/,
    ],
    ['frames that Redis does not take', withBeat({ bufferedFrames: 9, lagMs: 5000 }), /^warning: c1 holds 9 frames/],
    ['a session that is lost', withBeat({ zookeeper: 'suspended' }), /^warning: c1 says .* suspended/],
    [
      'a server of the ensemble that is away',
      { servers: [readServerAnswer('zk1:1', 'Mode: leader', 0.001), silentServer('zk2:1', 'ECONNREFUSED')] },
      /^warning: ZooKeeper server zk2:1: not answering: ECONNREFUSED/,
    ],
    ['a warning of Redis', { redisWarnings: ['it forgets'] }, /^warning: Redis: it forgets/],
    [
      'a rule that is wrong',
      { registryProblems: [{ path: '/defaults', reason: 'no JSON' }] },
      /^warning: \/defaults: no JSON/,
    ],
  ];
  for (const [what, change, expected] of cases) {
    it(`tells of ${what}`, () => {
      const found = texts(change);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(expected);
    });
  }

  it('does not ask for heartbeats while Redis is away', () => {
    const records = new Map([['c1', collectorRecord('c1')]]);
    expect(
      texts({ isStoreKnown: false, slots: null, collectors: list({ records, heartbeats: undefined }) }),
    ).to.deep.equal([]);
  });

  it('puts errors before warnings', () => {
    const found = texts({ ...withBeat({ clockSkewMs: 900 }), slots: { ...healthy.slots!, missed: 1 } });
    expect(found.map((text) => text.split(':')[0])).to.deep.equal(['error', 'warning']);
  });
});
