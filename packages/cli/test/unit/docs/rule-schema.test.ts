import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseClusterDefaults, parseServiceRule, ruleJsonSchema } from '@pulsekeeper/model';
import Ajv from 'ajv';
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

/** Fields of a rule, and the values that are right and wrong for both kinds. */
const FIELDS: readonly (readonly [field: string, right: readonly unknown[], wrong: readonly unknown[]])[] = [
  [
    'interval',
    ['15s', '1m30s', '1h', '24h', '1d', '1ms', '86400s', '0h5s', '007s'],
    ['0', '0s', '1s1h', '99y', '25h', '2d', '1w', '', '15', 15, '1.5s', ' 1s', '1s1s'],
  ],
  ['timeout', ['10s', '500ms'], ['0', '-1s', '86401s', 'soon', null]],
  ['retention', ['1m', '60s', '60000ms', '90d', '10y', '1h30m'], ['1s', '59s', '59999ms', '11y', '99y', '0']],
  [
    'body_size_limit',
    ['16MB', '1B', '1GiB', '1024MB', 1, 1073741824],
    ['0B', '2GB', '1025MB', '1TB', '1000000000000000B', 'MB', '1 MB', '1mb', 0, 1073741825, 1.5],
  ],
  ['sample_limit', [1, 10_000_000], [0, 10_000_001, '5', 1.5]],
  ['retries', [0, 100], [-1, 101, '2']],
  ['scheme', ['http', 'https'], ['ftp', 'HTTP']],
  ['path', ['/metrics', '/a/../b', '/a%20b'], ['metrics', '//host/x', '/a b', '/a?b', '/a%2']],
  [
    'labels',
    [{}, { team: 'a' }],
    [{ 'a-b': 'x' }, { instance: 'x' }, { __a: 'x' }, { a: 1 }, { ['a'.repeat(257)]: 'x' }],
  ],
  ['params', [{ a: 'b', c: ['d', 'e'] }], [{ a: 1 }, { '': 'b' }, [], { a: Array.from({ length: 65 }, () => 'x') }]],
  ['credentials', ['internal'], ['', 'a b', 'user:password']],
  [
    'downsample',
    [['avg:5m:90d'], []],
    [
      ['avg:0:1d'],
      ['avg:500ms:1d'],
      ['median:5m:1d'],
      ['avg:5m:11y'],
      ['avg:1s1h:2d'],
      ['avg:5m:1d', 'avg:5m:1d'],
      'avg:5m:1d',
    ],
  ],
  ['honor_labels', [true, false], ['true', 1]],
  ['intervall', [], ['15s']],
];
const SOURCES: readonly (readonly [source: unknown, isRight: boolean])[] = [
  [{ kind: 'serverset', path: '/aurora/web' }, true],
  [{ kind: 'serverset', path: '//aurora/..web', endpoint: 'admin' }, true],
  [{ kind: 'nerve', path: '/nerve/web' }, true],
  [{ kind: 'curator', path: '/c', endpoint: 'sslPort' }, true],
  [{ kind: 'nerve', path: '/nerve/web', endpoint: 'port' }, false],
  [{ kind: 'curator', path: '/c', endpoint: 'admin' }, false],
  [{ kind: 'serverset', path: '/a/../b' }, false],
  [{ kind: 'serverset', path: '/a/.' }, false],
  [{ kind: 'serverset', path: '/a//b' }, false],
  [{ kind: 'serverset', path: 'a' }, false],
  [{ kind: 'serverset', path: '/a/' }, false],
  [{ kind: 'consul', path: '/a' }, false],
  [{ path: '/a' }, false],
  [{ kind: 'nerve', path: '/a', port: 1 }, false],
];
const BOUNDS: readonly (readonly [bounds: unknown, isRight: boolean])[] = [
  [{ min_interval: '1s', max_interval: '1h', max_body_size: '16MB' }, true],
  [{ min_interval: '10ms', max_retries: 0 }, true],
  [{ min_interval: '5ms' }, false],
  [{ max_interval: '2d' }, false],
  [{ min_intervall: '1s' }, false],
  [{ max_body_size: '2GB' }, false],
  [[], false],
];

describe('the JSON schema of a rule and what checks rules', () => {
  const kinds = {
    service: { parse: parseServiceRule, validate: validatorOf('service') },
    defaults: { parse: parseClusterDefaults, validate: validatorOf('defaults') },
  };
  const ofFields = FIELDS.flatMap(([field, right, wrong]) => [
    ...right.map((value) => [{ [field]: value }, true] as const),
    ...wrong.map((value) => [{ [field]: value }, false] as const),
  ]);
  const table = {
    service: [
      ...ofFields,
      ...SOURCES.map(([source, isRight]) => [{ source }, isRight] as const),
      [{ bounds: {} }, false],
    ],
    defaults: [
      ...ofFields,
      ...BOUNDS.map(([bounds, isRight]) => [{ bounds }, isRight] as const),
      [{ source: {} }, false],
    ],
  } as const;
  for (const kind of ['service', 'defaults'] as const) {
    const { parse, validate } = kinds[kind];
    for (const [rule, isRight] of table[kind]) {
      const text = JSON.stringify(rule);
      it(`${kind}: both ${isRight ? 'take' : 'refuse'} ${text.slice(0, 80)}`, () => {
        const parsed = parse(new TextEncoder().encode(text), { unknownFields: 'refuse' });
        expect(parsed.ok, parsed.ok ? 'the parser' : parsed.reason).to.equal(isRight);
        expect(validate(rule), JSON.stringify(validate.errors)).to.equal(isRight);
      });
    }
  }
});

/** The validator at hand knows no later drafts; the schemas use nothing of theirs. */
function validatorOf(kind: 'service' | 'defaults'): Ajv.ValidateFunction {
  const { $schema: _draft, ...schema } = ruleJsonSchema(kind);
  return new Ajv().compile(schema);
}
