import { expect } from 'chai';
import { createSeriesSchema } from '@pulsekeeper/model';
import { CorruptFrame } from '../../../src/errors.ts';
import { schemaOfBlob, schemaToBlob, schemaToBlobAside } from '../../../src/schema/schema-blob.ts';
import { metricOfKey, summaryOf, summaryOfBytes, summaryToBytes } from '../../../src/schema/schema-summary.ts';

const schema = createSeriesSchema(Buffer.from('a{x="1"}\na{x="ü\\n"}\nb\n{"my.metric",y="z"}\n{y="z"}\n'), [
  { name: 'a', type: 'counter', help: 'Some "help"\n', unit: '' },
]);

describe('stored schemas', () => {
  it('come back with keys, metadata and id', () => {
    const read = schemaOfBlob(schemaToBlob(schema), schema.id);
    expect(read.id).to.equal(schema.id);
    expect(Buffer.from(read.keys).equals(Buffer.from(schema.keys))).to.equal(true);
    expect(read.metadata).to.deep.equal(schema.metadata);
  });

  it('are the same when they are deflated aside', async () => {
    expect((await schemaToBlobAside(schema)).equals(schemaToBlob(schema))).to.equal(true);
    const keys = Array.from({ length: 50_000 }, (_, index) => `requests_total{path="/${index}"}\n`).join('');
    const many = createSeriesSchema(Buffer.from(keys));
    const read = schemaOfBlob(await schemaToBlobAside(many), many.id);
    expect(Buffer.from(read.keys).equals(Buffer.from(many.keys))).to.equal(true);
  });

  it('are refused when they are not what their id says, or nothing at all', () => {
    const blob = schemaToBlob(schema);
    expect(() => schemaOfBlob(blob, '0'.repeat(32))).to.throw(CorruptFrame);
    expect(() => schemaOfBlob(blob.subarray(0, 10), schema.id)).to.throw(CorruptFrame);
    expect(() => schemaOfBlob(Buffer.alloc(0), schema.id)).to.throw(CorruptFrame);
    blob[0] = 2;
    expect(() => schemaOfBlob(blob, schema.id)).to.throw(CorruptFrame, 'version 2');
  });

  it('are summed up by the names of their metrics', () => {
    const summary = summaryOf(schema);
    expect(summary).to.deep.equal({ size: 5, metrics: ['a', 'b', 'my.metric', ''] });
    expect(summaryOfBytes(summaryToBytes(summary))).to.deep.equal(summary);
    expect(summaryOfBytes(Buffer.from('nonsense'))).to.equal(undefined);
  });

  it('have the metric of a key told from its text alone', () => {
    expect(['a', 'a{b="{"}', '{"q \\" \\\\",a="b"}', '{"only"}', '{a="b"}', '{}'].map(metricOfKey)).to.deep.equal([
      'a',
      'a',
      'q " \\',
      'only',
      '',
      '',
    ]);
  });
});
