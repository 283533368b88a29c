import type { Refusal } from './refusal.ts';
import { showValue } from './show-value.ts';

/** Most bytes of a znode that are read; ZooKeeper itself takes up to 1 MB. */
export const MAX_ZNODE_BYTES = 64 * 1024;

/** A JSON object as a map of its own fields, without a prototype: nothing is ever read from `Object.prototype`. */
export type OwnFields = Readonly<Record<string, unknown>>;

/** The own fields of a JSON object; `undefined` for anything else. */
export function ownFields(value: unknown): OwnFields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  return detached<Record<string, unknown>>(value as Record<string, unknown>);
}

/** A shallow copy without a prototype. */
export function detached<T extends object>(fields: T): T {
  return Object.assign(Object.create(null) as T, fields);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the JSON object in a znode's bytes. Blank data is the empty object: ZooKeeper's own tools create znodes without
 * data.
 */
export function readZnodeJson(data: Uint8Array): { fields: OwnFields } | { refusal: Refusal } {
  if (data.length > MAX_ZNODE_BYTES) {
    return refuse(`${data.length} bytes`, `at most ${MAX_ZNODE_BYTES} bytes of JSON`);
  }
  let text: string;
  try {
    text = utf8.decode(data);
  } catch {
    // The decoder says only that the bytes are invalid, which is all there is to tell.
    return refuse('not UTF-8', 'a JSON object in UTF-8');
  }
  if (text.trim() === '') {
    return { fields: Object.create(null) as OwnFields };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message differs between Node releases; a reason must not.
    return refuse(showValue(text), 'a JSON object');
  }
  const fields = ownFields(value);
  return fields === undefined ? refuse(showValue(value), 'a JSON object') : { fields };
}

function refuse(shownValue: string, allowed: string): { refusal: Refusal } {
  return { refusal: { field: 'data', shownValue, allowed } };
}
