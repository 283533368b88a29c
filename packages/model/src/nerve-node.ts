import { readZnodeJson } from './znode-json.ts';

/** The name may hold the whole record: `base64_<length>_<URL-safe base64 of the JSON>_<sequence>`. */
const ENCODED_NAME = /^base64_([1-9][0-9]{0,5})_/;
const URL_SAFE_BASE64 = /^[A-Za-z0-9_-]+={0,2}$/;
const REST = /^_([0-9]*)$/;

/** What is encoded in the name of a node of Nerve. */
export interface EncodedNode {
  /** The JSON. */
  readonly data: Uint8Array;
  /** What ZooKeeper appended; empty for a node that is not sequential. */
  readonly sequence: string;
}

/** Reads a name written with `use_path_encoding`; `undefined` for any other. */
export function decodeNerveName(node: string): EncodedNode | undefined {
  const match = ENCODED_NAME.exec(node);
  if (match === null) return undefined;
  const start = match[0].length;
  const end = start + Number(match[1]);
  const encoded = node.slice(start, end);
  const sequence = REST.exec(node.slice(end))?.[1];
  if (sequence === undefined || encoded.length !== end - start || !URL_SAFE_BASE64.test(encoded)) return undefined;
  return { data: Buffer.from(encoded, 'base64url'), sequence };
}

/**
 * The name that the node would have without path encoding, `<name>_<sequence>`; the node's own where nothing is encoded in
 * it, or no name.
 */
export function nerveNodeName(node: string): string {
  const encoded = decodeNerveName(node);
  const json = encoded === undefined ? undefined : readZnodeJson(encoded.data);
  const name = json !== undefined && 'fields' in json ? json.fields['name'] : undefined;
  return encoded !== undefined && typeof name === 'string' && name !== '' ? `${name}_${encoded.sequence}` : node;
}
