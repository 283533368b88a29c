import { expect } from 'chai';

import { listServices } from '../../../src/views/service-list.ts';
import type { Heartbeat } from '../../../src/views/heartbeat.ts';
import { countHealth, listTargets, type TargetEntry } from '../../../src/views/target-list.ts';
import { heartbeat, id, lastReport, registeredTarget } from '../../support/model-builders.ts';
import type { LastReport } from '@pulsekeeper/store';

const NOW = Date.parse('2026-01-31T12:00:00Z');

function entryFor(report: LastReport | undefined, fields: Record<string, unknown> = {}): TargetEntry {
  const reports = new Map(report === undefined ? [] : [[id('web/1'), report]]);
  const [entry] = listTargets({
    targets: [registeredTarget('web/1', fields)],
    ownersOf: () => ['c2', 'c1'],
    reports: { ok: true, value: reports },
    heartbeats: undefined,
    nowMs: NOW,
  });
  if (entry === undefined) {
    throw new Error('there is an entry for each target');
  }
  return entry;
}

describe('listTargets', () => {
  it('has the documented fields', () => {
    expect(entryFor(lastReport(NOW - 3000), { interval: '15s' })).to.deep.equal({
      target: 'web/1',
      owner: 'c2',
      owners: ['c2', 'c1'],
      health: 'up',
      lastError: null,
      interval: '15s',
      lastScrape: '2026-01-31T11:59:57Z',
      lastDurationSeconds: 0.01,
      samples: 100,
      url: 'http://10.0.0.7:9100/metrics',
      registration: 'own',
      znode: '/services/web/1',
      slots: null,
      counted: null,
    });
  });

  it('says why a target is down', () => {
    const failure = { reason: 'timeout', message: 'no answer within 10s' } as const;
    expect(entryFor(lastReport(NOW - 3000, { up: false, failure }))).to.include({
      health: 'down',
      lastError: 'timeout: no answer within 10s',
    });
  });

  it('takes a silent target for unknown, and says since when', () => {
    expect(entryFor(lastReport(NOW - 120_000))).to.include({
      health: 'unknown',
      lastError: 'no scrape is recorded for 2m',
    });
    expect(entryFor(lastReport(NOW - 34_000)).health).to.equal('up');
    expect(entryFor(undefined)).to.include({ health: 'unknown', lastScrape: null });
  });

  it('takes a target that left and came back for unknown', () => {
    expect(entryFor(lastReport(NOW - 3000, {}, { endedMs: NOW - 2000 })).health).to.equal('unknown');
  });

  it('shows what the latest record says where the registration was not read', () => {
    const { target: _unread, ...registered } = registeredTarget('web/1');
    const reports = new Map([[registered.id, lastReport(NOW - 3000)]]);
    const [entry] = listTargets({
      targets: [{ ...registered, target: undefined }],
      ownersOf: () => ['c2'],
      reports: { ok: true, value: reports },
      heartbeats: undefined,
      nowMs: NOW,
    });
    expect(entry).to.include({ health: 'up', interval: '15s', samples: 100, url: null, znode: '/services/web/1' });
  });

  const wrong: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['interval 0', { interval: '0' }, /interval/],
    ['interval 10 years', { interval: '10 years' }, /interval is "10 years"/],
    ['a file URL', { address: 'file:///etc/passwd' }, /address/],
    ['no port', { address: 'web-1' }, /address is "web-1"/],
  ];
  for (const [what, fields, reason] of wrong) {
    it(`shows a registration with ${what} as rejected, with its reason`, () => {
      const entry = entryFor(lastReport(NOW - 3000), fields);
      expect(entry).to.include({ health: 'rejected', owner: 'c2', interval: null, url: null });
      expect(entry.lastError).to.match(reason);
    });
  }

  it('sums up what the collectors count of it, where the owner says', () => {
    const counts = { late: 1, missed: 2, refused: 3, dropped: 4 };
    const beat = (collector: string, isComplete: boolean, listed: string[], fields = {}): Heartbeat =>
      heartbeat(collector, NOW - 1000, {
        irregular: { targets: new Map(listed.map((target) => [target, counts])), isComplete },
        ...fields,
      });
    const table: [title: string, heartbeats: Heartbeat[], counted: unknown][] = [
      ['listed by owner and former owner', [beat('c1', true, ['web/1']), beat('c2', true, ['web/1'])], [2, 4, 6, 8]],
      ['listed by the former owner', [beat('c1', true, ['web/1']), beat('c2', true, [])], [1, 2, 3, 4]],
      ['not listed', [beat('c1', true, []), beat('c2', true, ['web/9'])], [0, 0, 0, 0]],
      ['perhaps cut from the list of the owner', [beat('c2', false, ['web/9'])], null],
      ['the owner is of a version that does not say', [beat('c1', true, []), heartbeat('c2', NOW - 1000)], null],
      ['the owner is silent', [beat('c2', true, [], { publishedAtMs: NOW - 60_000 })], null],
    ];
    for (const [title, heartbeats, counted] of table) {
      const [entry] = listTargets({
        targets: [registeredTarget('web/1')],
        ownersOf: () => ['c2', 'c1'],
        reports: { ok: true, value: new Map() },
        heartbeats,
        nowMs: NOW,
      });
      expect(entry?.counted === null ? null : Object.values(entry?.counted ?? {}), title).to.deep.equal(counted);
    }
  });

  it('knows no health while Redis is away', () => {
    const [entry] = listTargets({
      targets: [registeredTarget('web/1')],
      ownersOf: () => [],
      reports: { ok: false },
      heartbeats: undefined,
      nowMs: NOW,
    });
    expect(entry).to.include({
      health: 'unknown',
      owner: null,
      lastError: 'Redis could not be reached',
      interval: '15s',
    });
  });
});

describe('listServices', () => {
  it('sums targets up by service, services without any included', () => {
    const targets = [
      registeredTarget('db/1', { interval: '1m' }),
      registeredTarget('web/1', { interval: '5s' }),
      registeredTarget('web/2', { interval: '15s' }),
      registeredTarget('web/3', { address: 'x' }),
    ];
    const reports = new Map([
      [id('web/1'), lastReport(NOW - 1000, { samplesScraped: 3 })],
      [id('web/2'), lastReport(NOW - 1000, { up: false, samplesScraped: 0 })],
    ]);
    const entries = listTargets({
      targets,
      ownersOf: () => [],
      reports: { ok: true, value: reports },
      heartbeats: [],
      nowMs: NOW,
    });
    expect(countHealth(entries)).to.deep.equal({ up: 1, down: 1, unknown: 1, rejected: 1 });
    const sources = new Map([['idle', { kind: 'serverset', path: '/aurora/idle', endpoint: 'admin' } as const]]);
    const source = { kind: 'serverset', path: '/aurora/idle', endpoint: 'admin' };
    const [db, idle, web] = listServices(['web', 'db', 'idle'], entries, sources);
    const none = { targets: 0, up: 0, down: 0, unknown: 0, rejected: 0, intervals: [], samples: 0 };
    expect(db).to.deep.equal({ ...none, service: 'db', targets: 1, unknown: 1, intervals: ['1m'], source: null });
    expect(idle).to.deep.equal({ ...none, service: 'idle', source });
    expect(web).to.deep.equal({
      ...none,
      service: 'web',
      targets: 3,
      up: 1,
      down: 1,
      rejected: 1,
      intervals: ['5s', '15s'],
      samples: 3,
      source: null,
    });
  });
});
