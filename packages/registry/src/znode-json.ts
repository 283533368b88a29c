import { MAX_ZNODE_BYTES, type Parsed } from '@pulsekeeper/model';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads znode data as one JSON object. The data is hostile: it is capped, must be valid UTF-8, and its fields are
 * reached by {@link ownField} alone, so that `__proto__` and the like mean nothing.
 */
export function parseZnodeJson(data: Uint8Array): Parsed<object> {
  if (data.byteLength > MAX_ZNODE_BYTES) {
    return { ok: false, reason: `data has ${data.byteLength} bytes; at most ${MAX_ZNODE_BYTES} are allowed` };
  }
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(data));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'not JSON' : 'not UTF-8';
    return { ok: false, reason: `data is ${what}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: `data must be a JSON object, not ${Array.isArray(value) ? 'an array' : typeof value}` };
  }
  return { ok: true, value };
}

/** A field of a parsed object, never one that it inherits. */
export function ownField(record: object, field: string): unknown {
  return Object.getOwnPropertyDescriptor(record, field)?.value;
}

/** One field of an object as a string, or `undefined` when the data is not such an object. */
export function stringFieldOf(data: Uint8Array, field: string): string | undefined {
  const parsed = parseZnodeJson(data);
  const value = parsed.ok ? ownField(parsed.value, field) : undefined;
  return typeof value === 'string' ? value : undefined;
}
