import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv';
import { expect } from 'chai';

const FOLDER = join(import.meta.dirname, '../../../../docs/json');

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema | readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/**
 * Reads the output of a command as one JSON document, checks it against its published schema, and that the schema
 * describes every field of it. Gives the document.
 */
export function expectJson(output: string, name: string): any {
  const document: unknown = JSON.parse(output);
  const schema = JSON.parse(readFileSync(join(FOLDER, `${name}.schema.json`), 'utf8')) as Schema;
  const validate = new Ajv({ allErrors: true }).compile(schema);
  expect(validate(document), JSON.stringify(validate.errors)).to.equal(true);
  expect(undescribed(schema, document, name)).to.deep.equal([]);
  return document;
}

/** Paths of fields that a schema does not know. */
function undescribed(schema: Schema, value: unknown, path: string): string[] {
  if (schema.oneOf !== undefined) {
    const branch = schema.oneOf.find(({ type }) => (value === null) === (type === 'null'));
    return branch === undefined ? [`${path}: no branch`] : undescribed(branch, value, path);
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    const of = (index: number): Schema => (Array.isArray(items) ? (items as Schema[])[index] : (items as Schema)) ?? {};
    return value.flatMap((item, index) => undescribed(of(index), item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || schema.properties === undefined) {
    return [];
  }
  const known = schema.properties;
  return Object.entries(value).flatMap(([field, inner]) => {
    const described = known[field];
    return described === undefined ? [`${path}.${field}`] : undescribed(described, inner, `${path}.${field}`);
  });
}
