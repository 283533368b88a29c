import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv';
import { instanceJsonSchema, parseInstance } from '@pulsekeeper/model';
import { expect } from 'chai';

const DOCUMENT = join(import.meta.dirname, '../../../../../docs/json/instance.schema.json');

describe('docs/json/instance.schema.json', () => {
  it('is the schema that the model publishes (UPDATE_DOCS=1 writes it anew)', () => {
    const text = `${JSON.stringify({ title: 'Data of /services/<service>/<instance>', ...instanceJsonSchema() }, undefined, 2)}\n`;
    if (process.env['UPDATE_DOCS'] === '1') {
      writeFileSync(DOCUMENT, text);
      return;
    }
    expect(JSON.parse(readFileSync(DOCUMENT, 'utf8'))).to.deep.equal(JSON.parse(text));
  });

  // The validator at hand knows no later drafts; the schema uses nothing of theirs.
  const { $schema: _draft, ...schema } = instanceJsonSchema();
  const validate = new Ajv().compile(schema);
  const cases: readonly [record: unknown, isRight: boolean][] = [
    [{ address: '10.0.0.7:9100' }, true],
    [{ address: '10.0.0.7:9100', interval: '5s', timeout: '2s', retries: 0, labels: { team: 'a' } }, true],
    [{ address: 'h:1', params: { target: ['a', 'b'], module: 'x' }, path: '/probe', scheme: 'https' }, true],
    [{ address: 'h:1', body_size_limit: '4MB', sample_limit: 1000, instance_key: 'h/1/a' }, true],
    [{ address: 'h:1', written_by_a_later_release: true }, true],
    [{}, false],
    [{ address: 7 }, false],
    [{ address: 'h:1', interval: 15 }, false],
    [{ address: 'h:1', interval: 'often' }, false],
    [{ address: 'h:1', retries: '2' }, false],
    [{ address: 'h:1', scheme: 'ftp' }, false],
    [{ address: 'h:1', path: 'metrics' }, false],
    [{ address: 'h:1', labels: { 'a-b': 'x' } }, false],
    [{ address: 'h:1', labels: { instance: 'x' } }, false],
  ];
  for (const [record, isRight] of cases) {
    it(`${isRight ? 'takes' : 'refuses'} ${JSON.stringify(record)}, as collectors do`, () => {
      expect(parseInstance(new TextEncoder().encode(JSON.stringify(record))).ok, 'the collectors').to.equal(isRight);
      expect(validate(record), JSON.stringify(validate.errors)).to.equal(isRight);
    });
  }
});
