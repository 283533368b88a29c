import { parseClusterDefaults, parseInstance, parseServiceRule, type Parsed } from '@pulsekeeper/model';
import { ZNODES, type ClusterSnapshot, type SnapshotNode } from '@pulsekeeper/registry';
import { expect } from 'chai';

import { ruleImpact } from '../../../src/views/rule-impact.ts';
import { explainedRows, ruleChanges, ruleRows } from '../../../src/views/rule-rows.ts';
import { inventMembers, planRing } from '../../../src/views/ring-plan.ts';
import { registeredTarget } from '../../support/model-builders.ts';

function bytes(value: unknown): Uint8Array {
  return value === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(value));
}
function node<T>(parsed: Parsed<T>): SnapshotNode<T> {
  return { parsed, stat: undefined };
}
function snapshot(
  defaults: unknown,
  services: Record<string, { rule?: unknown; instances: Record<string, unknown> }>,
): ClusterSnapshot {
  return {
    defaults: node(parseClusterDefaults(bytes(defaults))),
    services: new Map(
      Object.entries(services).map(([service, { rule, instances }]) => [
        service,
        {
          rule: node(parseServiceRule(bytes(rule))),
          source: undefined,
          places: new Map(
            Object.keys(instances)
              .sort()
              .map((name) => [name, { path: ZNODES.instancePath(service, name), source: undefined }]),
          ),
          instances: new Map(
            Object.entries(instances).map(([name, data]) => {
              const place = { path: ZNODES.instancePath(service, name), source: undefined };
              return [name, { ...node(parseInstance(bytes(data))), place }];
            }),
          ),
        },
      ]),
    ),
    collectors: new Map(),
    problems: [],
    readAtMs: 0,
  };
}

describe('ruleRows', () => {
  it('shows the fields as they are written in znodes', () => {
    const { target } = registeredTarget('web/1', { interval: '5s', labels: { team: 'a' } });
    expect(target.ok).to.equal(true);
    const rows = target.ok ? ruleRows(target.value) : [];
    expect(rows.find(({ field }) => field === 'interval')?.value).to.equal('5s');
    expect(rows.find(({ field }) => field === 'body_size_limit')?.value).to.equal('16MB');
    expect(rows.map(({ field }) => field)).not.to.include('retention');
  });

  it('explains each label and each parameter by itself', () => {
    const { target } = registeredTarget('web/1', { labels: { team: 'a' }, params: { module: ['x', 'y'] } });
    const rows = target.ok ? explainedRows(target.value) : [];
    expect(rows.filter(({ field }) => field.includes('.')).map(({ field, value }) => [field, value])).to.deep.equal([
      ['params.module', ['x', 'y']],
      ['labels.team', 'a'],
    ]);
  });

  it('tells what differs', () => {
    const before = registeredTarget('web/1', { interval: '5s' }).target;
    const after = registeredTarget('web/1', { interval: '10s', retries: 0 }).target;
    expect(before.ok && after.ok ? ruleChanges(before.value, after.value) : []).to.deep.equal([
      { field: 'interval', from: '5s', to: '10s' },
      { field: 'timeout', from: '5s', to: '10s' },
      { field: 'retries', from: 2, to: 0 },
    ]);
  });
});

describe('ruleImpact', () => {
  const cluster = snapshot(undefined, {
    web: { instances: { a: { address: 'h:1' }, b: { address: 'h:2', interval: '5s' }, bad: { address: 'h' } } },
    db: { rule: { interval: '1m' }, instances: { a: { address: 'h:3' } } },
  });

  it('names the targets that a service rule changes, and no others', () => {
    const impacts = ruleImpact(cluster, { kind: 'service', service: 'web' }, bytes({ interval: '30s' }));
    expect(impacts).to.deep.equal([
      { target: 'web/a', changes: [{ field: 'interval', from: '15s', to: '30s' }], rejected: null },
    ]);
  });

  it('lets the defaults reach every service that does not say otherwise', () => {
    const impacts = ruleImpact(cluster, { kind: 'defaults' }, bytes({ interval: '20s' }));
    expect(impacts.map(({ target }) => target)).to.deep.equal(['web/a']);
  });

  it('tells of targets that bounds would reject', () => {
    const labelled = snapshot(undefined, { web: { instances: { a: { address: 'h:1', labels: { x: '1', y: '2' } } } } });
    const [impact] = ruleImpact(labelled, { kind: 'defaults' }, bytes({ bounds: { max_labels: 1 } }));
    expect(impact?.rejected?.from).to.equal(null);
    expect(impact?.rejected?.to).to.match(/labels/);
  });

  it('tells which targets leave and which arrive where a rule looks for them elsewhere', () => {
    const source = { kind: 'nerve', path: '/nerve/db' };
    const there = snapshot(undefined, { db: { rule: { source }, instances: { a: { address: 'h:3' } } } });
    const scope = { kind: 'service', service: 'db' } as const;
    const change = { field: 'source', from: null, to: source };
    const leaves = { field: 'registered', from: true, to: false };
    const arrives = { field: 'registered', from: false, to: true };
    expect(ruleImpact(cluster, scope, bytes({ source }))).to.deep.equal([
      { target: 'db/a', changes: [change, leaves], rejected: null },
    ]);
    expect(ruleImpact(there, scope, bytes({ source }))).to.deep.equal([]);
    expect(ruleImpact(there, scope, bytes({}))[0]?.changes).to.deep.equal([
      { field: 'source', from: source, to: null },
      leaves,
    ]);
    const found = { a: { address: 'h:3' }, b: { address: 'h:4' }, wrong: { address: 'h' } };
    const elsewhere = snapshot(undefined, { db: { instances: found } }).services.get('db');
    const impacts = ruleImpact(cluster, scope, bytes({ source }), elsewhere);
    expect(impacts.slice(0, 2)).to.deep.equal([
      { target: 'db/a', changes: [change], rejected: null },
      { target: 'db/b', changes: [change, arrives], rejected: null },
    ]);
    expect(impacts[2]?.rejected?.to).to.match(/address/);
  });

  it('tells of the targets of a service that does not exist yet', () => {
    const elsewhere = snapshot(undefined, { new: { instances: { a: { address: 'h:4' } } } }).services.get('new');
    const data = bytes({ source: { kind: 'nerve', path: '/nerve/new' } });
    const impacts = ruleImpact(cluster, { kind: 'service', service: 'new' }, data, elsewhere);
    expect(impacts.map(({ target }) => target)).to.deep.equal(['new/a']);
  });

  it('finds nothing to change in the same rule', () => {
    expect(ruleImpact(cluster, { kind: 'service', service: 'db' }, bytes({ interval: '1m' }))).to.deep.equal([]);
  });
});

describe('planRing', () => {
  const targets = Array.from({ length: 100 }, (_, index) => `web/${index}`);
  const members = ['a', 'b', 'c'].map((id) => ({ id, capacity: 1 }));

  it('moves what a leaving collector had, to the others', () => {
    const plan = planRing(targets, members, members.slice(0, 2), 1);
    const had = plan.now.collectors.find(({ collector }) => collector === 'c')?.targets ?? 0;
    expect(plan.moved).to.be.at.least(had);
    expect(plan.targets.filter(({ from }) => from === 'c')).to.have.length(had);
    expect(plan.targets.every(({ to }) => to === 'a' || to === 'b')).to.equal(true);
    expect(plan.then.largestOverMean).to.be.within(1, 1.1);
  });

  it('has nobody to give targets to without collectors', () => {
    const plan = planRing(targets, members, [], 1);
    expect(plan.then).to.deep.include({ collectors: [], largestOverMean: null });
    expect(plan.targets.every(({ to }) => to === null)).to.equal(true);
  });

  it('invents names that are free', () => {
    expect(inventMembers(2, new Set(['new-1'])).map(({ id }) => id)).to.deep.equal(['new-2', 'new-3']);
  });
});
