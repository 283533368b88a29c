import { expect } from 'chai';
import fc from 'fast-check';
import { createSeriesSchema, type MetricMetadata, type SeriesSchema } from '@pulsekeeper/model';
import { deflateRawSync } from 'node:zlib';
import { CorruptFrame } from '../../../src/errors.ts';
import { schemaOfBlob, schemaToBlob, schemaToBlobAside } from '../../../src/schema/schema-blob.ts';
import { explainExcess, SCHEMA_LIMITS } from '../../../src/schema/schema-limits.ts';
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

  it('are refused beyond what a schema may be, before much is made of them', () => {
    const length = (bytes: number): Buffer =>
      Buffer.of(bytes & 255, (bytes >> 8) & 255, (bytes >> 16) & 255, bytes >> 24);
    const blobOf = (metadata: string, keys: Buffer): Buffer =>
      storedOf(Buffer.concat([length(metadata.length), Buffer.from(metadata), keys]), true);
    const { keyBytes, metadataBytes, metrics, series } = SCHEMA_LIMITS;
    const nothing = Buffer.alloc(0);
    const cases: [Buffer, RegExp][] = [
      [blobOf('[]', Buffer.alloc(keyBytes + metadataBytes + 1)), /it inflates to more than 167772164 bytes$/],
      [blobOf('[]', Buffer.alloc(keyBytes + 1, 'k')), /its keys take 134217729 bytes$/],
      [blobOf('[]', Buffer.alloc(2 * series + 2, 'a\n')), /more than 2000000 series$/],
      [blobOf('[]', Buffer.alloc(1000, '\n')), /a key is empty$/],
      [blobOf('[]', Buffer.from('a\n\nb\n')), /a key is empty$/],
      [blobOf(' '.repeat(metadataBytes + 1), nothing), /its metadata take 33554433 bytes$/],
      [blobOf(`[${'["","","",""],'.repeat(metrics)}["","","",""]]`, nothing), /metadata of more than 200000 metrics$/],
      [blobOf(`[${'[],'.repeat(1000)}[]]`, nothing), /no list of four texts each$/],
      [blobOf('['.repeat(1000), nothing), /no list of four texts each$/],
      [blobOf('[["a","b","c","d"],]', nothing), /no list of four texts each$/],
      [blobOf('[["a","b","c","d"]', nothing), /no list of four texts each$/],
      [blobOf('[["a","b","c","\\x"]]', nothing), /JSON/],
    ];
    for (const [blob, message] of cases) {
      expect(() => schemaOfBlob(blob, schema.id))
        .to.throw(CorruptFrame)
        .with.property('message')
        .that.matches(message);
    }
  });

  it('come back whatever the texts of their metadata', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ name: fc.string(), type: fc.string(), help: fc.string({ unit: 'binary' }), unit: fc.string() }),
        ),
        (metadata) => {
          const described = createSeriesSchema(Buffer.from('a\n'), metadata);
          expect(schemaOfBlob(schemaToBlob(described), described.id).metadata).to.deep.equal(described.metadata);
        },
      ),
      { numRuns: 200 },
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

describe('explainExcess', () => {
  const schemaOf = (parts: Partial<SeriesSchema>): SeriesSchema => ({
    ...schema,
    keys: schema.keys,
    size: 5,
    metadata: [],
    ...parts,
  });
  const metric = { name: 'a', type: 'counter', help: '', unit: '' };

  it('says nothing of what the store takes', () => {
    expect(explainExcess(schema)).to.equal(undefined);
    const keys = new Uint8Array(SCHEMA_LIMITS.keyBytes);
    expect(explainExcess(schemaOf({ keys, size: SCHEMA_LIMITS.series }))).to.equal(undefined);
    const help = 'x'.repeat(SCHEMA_LIMITS.metadataBytes - 100);
    expect(explainExcess(schemaOf({ metadata: [{ ...metric, help }] }))).to.equal(undefined);
  });

  it('says what is too much', () => {
    const keys = new Uint8Array(SCHEMA_LIMITS.keyBytes + 1);
    expect(explainExcess(schemaOf({ keys }))).to.equal('takes 134217729 bytes, and the store takes 134217728');
    expect(explainExcess(schemaOf({ size: 2_000_001 }))).to.equal('has 2000001 series, and the store takes 2000000');
    const metadata = new Array<MetricMetadata>(200_001).fill(metric);
    expect(explainExcess(schemaOf({ metadata }))).to.match(/^has 200001 metrics with metadata, /);
    const help = '\n'.repeat(SCHEMA_LIMITS.metadataBytes / 2);
    expect(explainExcess(schemaOf({ metadata: [{ ...metric, help }] }))).to.match(/^has 33554\d+ bytes of metadata, /);
  });
});
