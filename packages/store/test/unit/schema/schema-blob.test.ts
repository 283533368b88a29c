import { expect } from 'chai';
import fc from 'fast-check';
import { createSeriesSchema } from '@pulsekeeper/model';
import { deflateRawSync } from 'node:zlib';
import { CorruptFrame } from '../../../src/errors.ts';
import { schemaOfBlob, schemaToBlob, schemaToBlobAside } from '../../../src/schema/schema-blob.ts';
import { metricOfKey, summaryOf, summaryOfBytes, summaryToBytes } from '../../../src/schema/schema-summary.ts';

const schema = createSeriesSchema(Buffer.from('a{x="1"}\na{x="ü\\n"}\nb\n{"my.metric",y="z"}\n{y="z"}\n'), [
  { name: 'a', type: 'counter', help: 'Some "help"\n', unit: '' },
]);

/** Bytes in the place of a schema: as they are behind the version, or deflated there. */
function storedOf(bytes: Uint8Array, isDeflated: boolean): Buffer {
  return Buffer.concat([Buffer.of(1), isDeflated ? deflateRawSync(bytes) : bytes]);
}

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

  it('are read or refused whatever their bytes', () => {
    const sound = schemaToBlob(schema);
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    const plain = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(fc.option(plain), fc.boolean(), edits, (other, isDeflated, changes) => {
        const bytes = other === null ? Buffer.from(sound) : storedOf(other, isDeflated);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        try {
          expect(schemaOfBlob(bytes, schema.id).id).to.equal(schema.id);
        } catch (error) {
          if (!(error instanceof CorruptFrame)) throw error;
        }
        const summary = summaryOfBytes(bytes);
        if (summary !== undefined) expect(summary.metrics.every((name) => typeof name === 'string')).to.equal(true);
      }),
      { numRuns: 300 },
    );
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
