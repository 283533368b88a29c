import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ruleJsonSchema } from '@pulsekeeper/model';
import { expect } from 'chai';

const FOLDER = join(import.meta.dirname, '../../../schema');

const SCHEMAS = [
  ['service-rule', 'service', 'Rule of a service'],
  ['cluster-defaults', 'defaults', 'Rule and bounds of the whole cluster'],
] as const;

describe('the schemas of rules in the package', () => {
  for (const [name, kind, title] of SCHEMAS) {
    it(`${name}.schema.json is what the rules are checked by (UPDATE_DOCS=1 writes it anew)`, () => {
      const path = join(FOLDER, `${name}.schema.json`);
      const text = `${JSON.stringify({ title, ...ruleJsonSchema(kind) }, undefined, 2)}\n`;
      if (process.env['UPDATE_DOCS'] === '1') {
        writeFileSync(path, text);
        return;
      }
      expect(JSON.parse(readFileSync(path, 'utf8'))).to.deep.equal(JSON.parse(text));
    });
  }
});
