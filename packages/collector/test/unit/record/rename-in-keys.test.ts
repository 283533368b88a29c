import { formatSeriesKey, newLabelSet, parseSeriesKey } from '@pulsekeeper/model';
import { expect } from 'chai';
import fc from 'fast-check';

import { renameConflicts, resolveConflicts } from '../../../src/record/conflicting-labels.ts';
import { renameInKeys } from '../../../src/record/rename-in-keys.ts';

function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function renamed(keys: readonly string[], names: readonly string[]): string[] | undefined {
  const bytes = Buffer.from(keys.map((key) => `${key}\n`).join(''));
  const result = finish(renameInKeys(bytes, keys.length, names, 'exported_'));
  return result && Buffer.from(result).toString().split('\n').slice(0, -1);
}

describe('renaming labels in a list of keys', () => {
  it('gives what renaming label sets one by one gives', () => {
    const name = fc.constantFrom('a', 'instance', 'service', 'le', 'exporter', 'f', 'zone', 'Service', 'serv');
    const value = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('service="x"', 'a\\', 'line\nline', '}', ',', '"', 'ä€😀', '{instance="1"}'),
    );
    const key = fc.tuple(fc.constantFrom('up', 'a:b_total'), fc.dictionary(name, value)).map(([metric, labels]) => {
      const set = newLabelSet();
      Object.assign(set, labels, { __name__: metric });
      return formatSeriesKey(set);
    });
    const target = { service: 's', instance: 'i' };
    fc.assert(
      fc.property(fc.array(key, { maxLength: 20 }), (keys) => {
        const expected = keys.map((one) => formatSeriesKey(renameConflicts(parseSeriesKey(one), target)));
        expect(renamed(keys, ['service', 'instance'])).to.deep.equal(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('puts a renamed label where its new name belongs', () => {
    expect(renamed(['m{a="1",service="2"}', 'm{exp="1",f="2",service="3"}'], ['service'])).to.deep.equal([
      'm{a="1",exported_service="2"}',
      'm{exp="1",exported_service="3",f="2"}',
    ]);
  });

  it('leaves names in quotes to others', () => {
    expect(renamed(['{"my.name",service="1"}'], ['service'])).to.equal(undefined);
    expect(renamed(['m{"my.label"="1",service="1"}'], ['service'])).to.equal(undefined);
    const keys = Buffer.from('m{"my.label"="1",service="1"}\n');
    const list = { keys, keyAt: () => keys.toString().trimEnd() };
    const resolved = finish(resolveConflicts(keys, list.keyAt, 1, parseSeriesKey, { service: 's' }));
    expect(Buffer.from(resolved.keys).toString()).to.equal('m{exported_service="1","my.label"="1"}\n');
  });

  it('is done in steps', () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `m{index="${index}",service="s"}\n`).join('');
    const steps = renameInKeys(Buffer.from(keys), 5_000, ['service'], 'exported_');
    let pauses = 0;
    while (steps.next().done !== true) pauses += 1;
    expect(pauses).to.equal(4);
  });
});
