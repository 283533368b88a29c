import { expect } from 'chai';
import { createSeriesSchema, type MetricMetadata, type SeriesSchema } from '@pulsekeeper/model';
import { ChainEncoder } from '../../../src/codec/chain-encoder.ts';
import { pickSeries } from '../../../src/codec/pick-series.ts';

function schemaOf(keys: readonly string[], families: readonly string[]): SeriesSchema {
  const metadata = families.map((name) => ({ name, type: 'gauge', help: '', unit: '' }));
  return createSeriesSchema(Buffer.from(keys.map((key) => `${key}\n`).join('')), metadata);
}

const familiesOf = (schema: SeriesSchema): string[] => schema.metadata.map(({ name }) => name);

describe('pickSeries', () => {
  it('takes the metadata of the families that the series belong to, and no others', () => {
    const keys = ['a', 'a_b', 'h_bucket{le="1"}', 'h_sum', 'n_total', '{"my.name",x="1"}', 'b_info'];
    const schema = schemaOf(keys, ['a', 'a_b', 'a_', 'h', 'n', 'my.name', 'my', 'b']);
    expect(familiesOf(pickSeries(schema, [1]))).to.deep.equal(['a_b']);
    expect(familiesOf(pickSeries(schema, [2, 3]))).to.deep.equal(['h']);
    expect(familiesOf(pickSeries(schema, [4, 5, 6]))).to.deep.equal(['b', 'my.name', 'n']);
  });

  it('takes a key that comes twice once', () => {
    const picked = pickSeries(schemaOf(['a', 'b', 'a'], []), [0, 1, 2]);
    expect(Buffer.from(picked.keys).toString()).to.equal('a\nb\n');
  });

  it('looks at each key and each family once, however many a target brings at a time', () => {
    const known = 20_000;
    const all = known + 4_990;
    const names = Array.from({ length: all }, (_, index) => `family_${index}`);
    const metadata = (count: number): MetricMetadata[] =>
      names.slice(0, count).map((name) => ({ name, type: 'gauge', help: '', unit: '' }));
    let reads = 0;
    const frameOf = (slotMs: number, count: number) => {
      const keys = Buffer.from(
        names
          .slice(0, count)
          .map((name) => `${name}\n`)
          .join(''),
      );
      const counted = metadata(count).map((entry) => ({
        ...entry,
        get name() {
          reads++;
          return entry.name;
        },
      }));
      const plain = createSeriesSchema(keys, metadata(count));
      const schema: SeriesSchema = Object.create(plain, {
        id: { value: plain.id },
        size: { value: plain.size },
        keys: { value: plain.keys },
        metadata: { value: counted },
        keyAt: { value: (index: number) => plain.keyAt(index) },
      });
      const counts = { samplesScraped: count, samplesPostRelabel: count, seriesAdded: 0, attempts: 1, bodyBytes: 0 };
      return {
        slotMs,
        intervalMs: 1_000,
        timestampMs: slotMs,
        report: { up: true, durationSeconds: 0, ...counts },
        samples: { schema, values: new Float64Array(count) },
      };
    };
    const encoder = new ChainEncoder({ keyFrameSlots: 120, keyFrameShift: 0, collector: 'c' });
    encoder.encode(frameOf(120_000, known));
    reads = 0;
    expect(encoder.encode(frameOf(121_000, all)).schemas[1]!.size).to.equal(all - known);
    // Once for each family, and what sorting those that were picked takes.
    expect(reads).to.be.at.most(2 * all);
  });
});
