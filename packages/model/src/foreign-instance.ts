import { foreignMeta } from './foreign-meta.ts';
import type { ForeignSource } from './foreign-source.ts';
import type { InstanceRecord } from './instance-record.ts';
import { newLabelSet, type LabelSet } from './labels.ts';
import { decodeNerveName } from './nerve-node.ts';
import type { Parsed } from './parsed.ts';
import { refused, type Refusal } from './refusal.ts';
import { MAX_ENTRIES, refuseLabel } from './rule-field.ts';
import { showValue } from './show-value.ts';
import { formatAddress, readAddress } from './target-address.ts';
import { ownFields, readZnodeJson, type OwnFields } from './znode-json.ts';

const MAX_PORT = 65_535;
const ALLOWED_HOST = 'a DNS name, an IPv4 address or an IPv6 address';
const ALLOWED_PORT = `a whole number from 1 to ${MAX_PORT}`;
const DECIMAL = /^[0-9]{1,5}$/;

/** What came of a step. */
type Read<T> = { readonly value: T } | { readonly refusal: Refusal };

/**
 * Reads an instance that somebody else registered, from the name and the data of its znode. Like our own registrations it
 * is hostile: it is capped, only own fields are looked at, and one thing that is wrong of what is needed refuses the whole.
 * Nothing in these formats says how to scrape; all that comes from the rules.
 */
export function parseForeignInstance(source: ForeignSource, node: string, data: Uint8Array): Parsed<InstanceRecord> {
  const encoded = source.kind === 'nerve' ? decodeNerveName(node) : undefined;
  const json = readZnodeJson(encoded?.data ?? data);
  if ('refusal' in json) return refused(json.refusal);
  const read = readFields(source, json.fields);
  if ('refusal' in read) return refused(read.refusal);
  return { ok: true, value: { ...read.value, meta: foreignMeta(source.kind, `${source.path}/${node}`, json.fields) } };
}

function readFields(source: ForeignSource, fields: OwnFields): Read<InstanceRecord> {
  switch (source.kind) {
    case 'serverset':
      return readMember(fields, source.endpoint);
    case 'nerve':
      return readNerve(fields);
    case 'curator':
      return readCurator(fields, source.endpoint);
  }
}

/** A member of a server set: the service endpoint or an additional one. The shard becomes a label. */
function readMember(fields: OwnFields, endpoint: string | undefined): Read<InstanceRecord> {
  const name = endpoint === undefined ? 'serviceEndpoint' : `additionalEndpoints[${showValue(endpoint)}]`;
  const parent = endpoint === undefined ? fields : ownFields(fields['additionalEndpoints']);
  const given = parent?.[endpoint ?? 'serviceEndpoint'];
  const parts = ownFields(given);
  if (parts === undefined) return refuse(name, given, 'an object with host and port');
  const address = readHostAndPort(parts, `${name}.`, 'host', 'port');
  if ('refusal' in address) return address;
  const { shard } = fields;
  if (!Number.isSafeInteger(shard)) return address;
  return { value: { ...address.value, labels: Object.assign(newLabelSet(), { shard: String(shard) }) } };
}

/** A node of Nerve: host and port. Those of its labels that may be labels are. */
function readNerve(fields: OwnFields): Read<InstanceRecord> {
  // Nerve hands on what its configuration says, where a port may be a text.
  const { port } = fields;
  const isDecimal = typeof port === 'string' && DECIMAL.test(port);
  const address = readHostAndPort({ ...fields, port: isDecimal ? Number(port) : port }, '', 'host', 'port');
  if ('refusal' in address) return address;
  const labels = usableLabels(fields['labels']);
  const count = Object.keys(labels).length;
  if (count > MAX_ENTRIES) {
    return { refusal: { field: 'labels', shownValue: `${count} labels`, allowed: `at most ${MAX_ENTRIES}` } };
  }
  return count === 0 ? address : { value: { ...address.value, labels } };
}

/** An instance of Curator's service discovery: address and port, or the TLS port with https. */
function readCurator(fields: OwnFields, endpoint: string | undefined): Read<InstanceRecord> {
  // Curator writes null for what is not set.
  const isTls = endpoint === 'sslPort' || (endpoint === undefined && (fields['port'] ?? null) === null);
  const hasNoPort = endpoint === undefined && (fields['port'] ?? fields['sslPort'] ?? null) === null;
  if (hasNoPort) return refuse('port', fields['port'], `${ALLOWED_PORT}, here or in sslPort`);
  const address = readHostAndPort(fields, '', 'address', isTls ? 'sslPort' : 'port');
  if ('refusal' in address) return address;
  return isTls ? { value: { ...address.value, scheme: 'https' } } : address;
}

function readHostAndPort(
  fields: OwnFields,
  prefix: string,
  hostField: string,
  portField: string,
): Read<InstanceRecord> {
  const host = fields[hostField];
  const port = fields[portField];
  if (typeof port !== 'number' || !Number.isSafeInteger(port) || port < 1 || port > MAX_PORT) {
    return refuse(`${prefix}${portField}`, port, ALLOWED_PORT);
  }
  const address = typeof host === 'string' ? readAddress(formatAddress({ host, port })) : undefined;
  return address === undefined ? refuse(`${prefix}${hostField}`, host, ALLOWED_HOST) : { value: { address } };
}

/** Nerve's labels are any texts to any texts, and a node is not wrong for having some that a series cannot have. */
function usableLabels(value: unknown): LabelSet {
  const labels = newLabelSet();
  for (const [name, text] of Object.entries(ownFields(value) ?? {})) {
    if (typeof text === 'string' && text !== '' && refuseLabel(name, text) === undefined) labels[name] = text;
  }
  return labels;
}

function refuse(field: string, value: unknown, allowed: string): Read<never> {
  return { refusal: { field, shownValue: showValue(value), allowed } };
}
