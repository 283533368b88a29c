import { createSeriesSchema } from '@pulsekeeper/model';
import { expect } from 'chai';
import fc from 'fast-check';

import { areUniqueKeys } from '../../../src/codec/unique-keys.ts';
import { metricOfKey, summaryOf } from '../../../src/schema/schema-summary.ts';

const key = fc.oneof(
  fc.constantFrom('a', 'a{x="1"}', 'a{x="2"}', 'ab', 'ab{x="1"}', 'b', '{"q.x",a="b"}', '{"q.y"}', '{a="b"}', 'ä'),
  fc.integer({ min: 0, max: 99 }).map((value) => `m{n="${value}"}`),
);

function schemaOf(keys: readonly string[]): ReturnType<typeof createSeriesSchema> {
  return createSeriesSchema(Buffer.from(keys.map((one) => `${one}\n`).join('')));
}

describe('lists of keys as bytes', () => {
  it('tell whether a key occurs twice', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 20 }), (keys) => {
        const { keys: bytes, size } = schemaOf(keys);
        expect(areUniqueKeys(bytes, size)).to.equal(new Set(keys).size === keys.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('tell their metrics, each once, in the order of their first series', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 20 }), (keys) => {
        expect(summaryOf(schemaOf(keys))).to.deep.equal({
          size: keys.length,
          metrics: [...new Set(keys.map(metricOfKey))],
        });
      }),
      { numRuns: 1_000 },
    );
  });
});
