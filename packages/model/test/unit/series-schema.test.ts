import { expect } from 'chai';
import { createSeriesSchema, type MetricMetadata } from '../../src/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const UP: MetricMetadata = { name: 'up', type: 'gauge', help: 'whether it is up', unit: '' };
const AGE: MetricMetadata = { name: 'age_seconds', type: 'counter', help: '', unit: 'seconds' };

describe('createSeriesSchema', () => {
  it('counts its series and reads each', () => {
    const schema = createSeriesSchema(bytes('up\nage{a="ü"}\n{"my.name"}\n'), [UP]);
    expect(schema.size).to.equal(3);
    expect([0, 1, 2].map((index) => schema.keyAt(index))).to.deep.equal(['up', 'age{a="ü"}', '{"my.name"}']);
    expect({ ...schema.labelsAt(1) }).to.deep.equal({ __name__: 'age', a: 'ü' });
    expect(() => schema.keyAt(3)).to.throw(RangeError, 'series 3 of 3');
    expect(() => schema.keyAt(-1)).to.throw(RangeError);
  });

  it('has an identity that never changes: stored frames name it', () => {
    expect(createSeriesSchema(bytes('')).id).to.equal('af5570f5a1810b7af78caf4bc70a660f');
    expect(createSeriesSchema(bytes('up\nage\n'), [UP, AGE]).id).to.equal('d6d6a4f968dbc910d5b5ac59c52ca641');
  });

  it('has the same identity for the same content only', () => {
    const schema = createSeriesSchema(bytes('up\nage\n'), [UP, AGE]);
    const padded = bytes('xup\nage\n').subarray(1);
    expect(createSeriesSchema(padded, [AGE, UP]).id).to.equal(schema.id);
    const others = [
      createSeriesSchema(bytes('age\nup\n'), [UP, AGE]),
      createSeriesSchema(bytes('up\nage\n'), [UP]),
      createSeriesSchema(bytes('up\n'), [UP, AGE]),
      createSeriesSchema(bytes('up\nage\n'), [{ ...UP, help: 'other' }, AGE]),
      createSeriesSchema(bytes('up\nage\n["age_seconds","counter","","seconds"]\n'), [UP]),
    ];
    expect(new Set([schema, ...others].map(({ id }) => id)).size).to.equal(others.length + 1);
  });

  it('refuses keys without a final line feed', () => {
    expect(() => createSeriesSchema(bytes('up\nage'))).to.throw(TypeError);
  });

  it('takes an empty list', () => {
    expect(createSeriesSchema(new Uint8Array()).size).to.equal(0);
  });
});
