import { expect } from 'chai';
import fc from 'fast-check';

import { countNewKeys, locateKeys } from '../../src/index.ts';

const listOf = (keys: readonly string[]): Uint8Array => Buffer.from(keys.map((key) => `${key}\n`).join(''));

function count(previous: readonly string[], next: readonly string[]): { added: number; pauses: number } {
  const steps = countNewKeys(listOf(previous), listOf(next));
  for (let pauses = 0; ; pauses++) {
    const { done, value } = steps.next();
    if (done === true) return { added: value, pauses };
  }
}

describe('countNewKeys', () => {
  it('counts what a set of strings counts', () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[abc]{0,4}$/), { maxLength: 12 });
    fc.assert(
      fc.property(keys, keys, (previous, next) => {
        const known = new Set(previous);
        expect(count(previous, next).added).to.equal(next.filter((key) => !known.has(key)).length);
      }),
      { numRuns: 2000 },
    );
  });

  for (const [previous, next, added] of [
    [['ab', 'b'], ['b'], 0],
    [['b'], ['ab', 'b'], 1],
    [['a', 'c'], ['a', 'b', 'c'], 1],
    [['a', 'xb'], ['a', 'b'], 1],
    [[], ['a', 'b'], 2],
    [['a'], [], 0],
  ] as const) {
    it(`counts ${added} from ${JSON.stringify(previous)} to ${JSON.stringify(next)}`, () => {
      expect(count(previous, next).added).to.equal(added);
    });
  }

  it('takes a step for some thousand keys, and looks only at what differs', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `requests_total{path="/${index}"}`);
    const others = keys.map((key) => `other_${key}`);
    const changed = count(keys, others);
    expect(changed.added).to.equal(keys.length);
    expect(changed.pauses).to.be.at.least(40);
    const one = count(keys, [...keys.slice(0, 50_000), 'new', ...keys.slice(50_000)]);
    expect(one.added).to.equal(1);
    expect(one.pauses).to.be.at.most(4);
  });
});

describe('locateKeys', () => {
  it('says where each key was', () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[abc]{0,4}$/), { maxLength: 12 });
    fc.assert(
      fc.property(keys, keys, (previous, next) => {
        const { value } = locateKeys(listOf(previous), listOf(next), next.length).next();
        expect([...(value ?? [])]).to.deep.equal(next.map((key) => previous.indexOf(key)));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a step for some thousand keys', () => {
    const keys = listOf(Array.from({ length: 50_000 }, (_, index) => `requests_total{path="/${index}"}`));
    const steps = [...locateKeys(keys, keys, 50_000)];
    expect(steps.length).to.be.at.least(20);
  });
});
