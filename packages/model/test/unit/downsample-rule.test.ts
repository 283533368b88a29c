import { expect } from 'chai';
import fc from 'fast-check';
import { AGGREGATORS, formatDownsampleRule, parseDownsampleRule } from '../../src/index.ts';

describe('downsample rules', () => {
  it('are read back as they are written', () => {
    const rules = fc
      .record({
        aggregator: fc.constantFrom(...AGGREGATORS),
        bucketMs: fc.integer({ min: 1, max: 1e8 }),
        more: fc.nat(1e9),
      })
      .map(({ aggregator, bucketMs, more }) => ({ aggregator, bucketMs, retentionMs: bucketMs + more }));
    fc.assert(
      fc.property(rules, (rule) => {
        expect(parseDownsampleRule(formatDownsampleRule(rule))).to.deep.equal(rule);
      }),
    );
  });

  for (const text of [
    '',
    'avg',
    'avg:5m',
    'avg:5m:90d:1',
    'mean:5m:90d',
    'avg:0:90d',
    'avg:5m:4m',
    'avg:x:90d',
    'AVG:5m:90d',
  ]) {
    it(`are not ${JSON.stringify(text)}`, () => {
      expect(parseDownsampleRule(text)).to.equal(undefined);
    });
  }
});
