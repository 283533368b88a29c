import {
  NO_CLUSTER_DEFAULTS,
  parseInstance,
  parseServiceRule,
  serializeInstance,
  type InstanceInput,
  type InstanceRecord,
  type Parsed,
  type TargetId,
} from '@pulsekeeper/model';
import { expect } from 'chai';

import { TargetCatalogue } from '../../../src/assignment/target-catalogue.ts';

const ONE = 'shop/one' as TargetId;
const TWO = 'bank/two' as TargetId;

function instance(input: Partial<InstanceInput> = {}): Parsed<InstanceRecord> {
  return parseInstance(serializeInstance({ address: '127.0.0.1:80', ...input }));
}

describe('TargetCatalogue', () => {
  it('merges a registration with the rules', () => {
    const catalogue = new TargetCatalogue();
    [...catalogue.setRules({ defaults: NO_CLUSTER_DEFAULTS, rules: new Map([['shop', { intervalMs: 2_000 }]]) })];
    const target = catalogue.setInstance(ONE, instance());
    expect(target?.ok === true && target.value.rule.intervalMs).to.equal(2_000);
  });

  it('says nothing of a registration that means the same as before', () => {
    const catalogue = new TargetCatalogue();
    catalogue.setInstance(ONE, instance());
    expect(catalogue.setInstance(ONE, instance())).to.equal(undefined);
    expect(catalogue.setInstance(ONE, instance({ interval: '1s' }))).to.have.property('ok', true);
  });

  it('names the targets that a change of rules touches', () => {
    const catalogue = new TargetCatalogue();
    catalogue.setInstance(ONE, instance());
    catalogue.setInstance(TWO, instance({ interval: '7s' }));
    const defaults = { ...NO_CLUSTER_DEFAULTS, rule: { intervalMs: 3_000, timeoutMs: 3_000 } };
    const changed = [...catalogue.setRules({ defaults, rules: new Map([['bank', { timeoutMs: 7_000 }]]) })];
    expect(
      changed.map(([id]) => id),
      'the other one has an interval of its own',
    ).to.deep.equal([ONE]);
    const again = [...catalogue.setRules({ defaults, rules: new Map([['bank', { timeoutMs: 7_000 }]]) })];
    expect(again, 'same content, other objects').to.deep.equal([]);
  });

  it('counts and hands on what is wrong', () => {
    const catalogue = new TargetCatalogue();
    const bad = catalogue.setInstance(ONE, parseInstance(Buffer.from('{"address":"nowhere"}')));
    expect(bad?.ok).to.equal(false);
    expect(catalogue.rejectedCount).to.equal(1);
    const drop = parseServiceRule(Buffer.from('{"relabel_configs":[{"action":"drop"}]}'));
    const rules = new Map([['bank', drop.ok ? drop.value : {}]]);
    catalogue.setInstance(TWO, instance());
    expect([...catalogue.setRules({ defaults: NO_CLUSTER_DEFAULTS, rules })].map(([id]) => id)).to.include(TWO);
    expect([catalogue.rejectedCount, catalogue.droppedCount]).to.deep.equal([1, 1]);
    catalogue.forget(TWO);
    expect([catalogue.rejectedCount, catalogue.droppedCount]).to.deep.equal([1, 0]);
    catalogue.keepOnly(new Set());
    expect(catalogue.rejectedCount).to.equal(0);
  });
});
