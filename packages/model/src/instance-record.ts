import * as z from 'zod';
import { formatDuration } from './duration.ts';
import { InvalidRegistrationError } from './errors.ts';
import type { LabelSet } from './labels.ts';
import type { Parsed } from './parsed.ts';
import { refused } from './refusal.ts';
import { checkFields, INSTANCE_RULE_SHAPE, toOverrides, type ReadOptions } from './rule-document.ts';
import { addressField, isShortText, MAX_INTERVAL_MS, textField } from './rule-field.ts';
import type { RuleOverrides, Scheme } from './scrape-rule.ts';
import { showValue } from './show-value.ts';
import { formatAddress, readAddress, type TargetAddress } from './target-address.ts';
import { detached, MAX_ZNODE_BYTES, ownFields, readZnodeJson } from './znode-json.ts';

const MAX_INSTANCE_KEY_LENGTH = 128;

const INSTANCE_SCHEMA = z.object({
  address: addressField(),
  ...INSTANCE_RULE_SHAPE,
  instance_key: textField(MAX_INSTANCE_KEY_LENGTH).optional(),
});

/** What is never an instance's to say. */
type OperatorField =
  'honorLabels' | 'honorTimestamps' | 'retentionMs' | 'downsample' | 'relabel' | 'metricRelabel' | 'followRedirects';

/** What an instance says of itself: where it is, and how it wants to be scraped. */
export interface InstanceRecord extends Omit<RuleOverrides, OperatorField> {
  readonly address: TargetAddress;
  /** Tells a process's own earlier registration from that of somebody else under the same name. No secret. */
  readonly instanceKey?: string | undefined;
  /** Labels that begin with `__meta_`, for relabelling alone; only of instances in foreign trees. */
  readonly meta?: LabelSet | undefined;
}

/** What a program gives to register an instance. Every field is checked as it would be by a collector. */
export interface InstanceInput {
  /** `host:port`, or the two apart. */
  address: string | TargetAddress;
  scheme?: Scheme | undefined;
  path?: string | undefined;
  /** A Prometheus duration, or milliseconds. */
  interval?: string | number | undefined;
  /** A Prometheus duration, or milliseconds. */
  timeout?: string | number | undefined;
  retries?: number | undefined;
  params?: Readonly<Record<string, string | readonly string[]>> | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** Bytes, or a size such as `16MB`. */
  bodySizeLimit?: string | number | undefined;
  sampleLimit?: number | undefined;
  labelLimit?: number | undefined;
  labelNameLengthLimit?: number | undefined;
  labelValueLengthLimit?: number | undefined;
  /** Name of a profile in the collectors' configuration. */
  credentials?: string | undefined;
  instanceKey?: string | undefined;
}

/** The field of {@link InstanceInput} behind each field of the JSON. */
const INPUT_NAMES = {
  address: 'address',
  scheme: 'scheme',
  path: 'path',
  interval: 'interval',
  timeout: 'timeout',
  retries: 'retries',
  params: 'params',
  labels: 'labels',
  body_size_limit: 'bodySizeLimit',
  sample_limit: 'sampleLimit',
  label_limit: 'labelLimit',
  label_name_length_limit: 'labelNameLengthLimit',
  label_value_length_limit: 'labelValueLengthLimit',
  credentials: 'credentials',
  instance_key: 'instanceKey',
} as const satisfies Record<keyof typeof INSTANCE_SCHEMA.shape, keyof InstanceInput>;

/** Reads the data of `/services/<service>/<instance>`. Whatever is wrong refuses the whole record. */
export function parseInstance(data: Uint8Array, options: ReadOptions = {}): Parsed<InstanceRecord> {
  const json = readZnodeJson(data);
  if ('refusal' in json) {
    return refused(json.refusal);
  }
  const { address: addressText, instance_key: instanceKey, ...others } = json.fields;
  const key = data.length > LONGEST_KNOWN ? undefined : JSON.stringify(others);
  const known = key === undefined || options.unknownFields === 'refuse' ? undefined : knownOverrides.get(key);
  const address = known !== undefined && typeof addressText === 'string' ? readAddress(addressText) : undefined;
  if (known !== undefined && address !== undefined && (instanceKey === undefined || isInstanceKey(instanceKey))) {
    return { ok: true, value: instanceRecord(known, address, instanceKey) };
  }
  const checked = checkFields(INSTANCE_SCHEMA, json.fields, options);
  if ('refusal' in checked) {
    return refused(checked.refusal);
  }
  const overrides = toOverrides(checked.fields);
  if (key !== undefined) {
    remember(key, overrides);
  }
  return { ok: true, value: instanceRecord(overrides, checked.fields.address, checked.fields.instance_key) };
}

/**
 * What fields other than the address and the key came to, by their JSON: most instances differ in these two alone, and a check of
 * all fields takes longer than all the rest of reading one.
 */
const knownOverrides = new Map<string, RuleOverrides>();
const MOST_KNOWN = 256;
/** Bytes of a registration; a longer one may be so deep that making a text of it overflows the stack. */
const LONGEST_KNOWN = 1024;

function remember(key: string, overrides: RuleOverrides): void {
  if (knownOverrides.size >= MOST_KNOWN) {
    knownOverrides.clear();
  }
  knownOverrides.set(key, overrides);
}

function instanceRecord(
  overrides: RuleOverrides,
  address: TargetAddress,
  instanceKey: string | undefined,
): InstanceRecord {
  return instanceKey === undefined ? { ...overrides, address } : { ...overrides, address, instanceKey };
}

function isInstanceKey(value: unknown): value is string {
  return isShortText(value, MAX_INSTANCE_KEY_LENGTH);
}

/**
 * The data of an instance's znode.
 *
 * @throws {@link InvalidRegistrationError} when a field is wrong, unknown or missing, or the whole is too large.
 */
export function serializeInstance(input: InstanceInput): Uint8Array {
  const given = ownFields(input);
  if (given === undefined) {
    throw new InvalidRegistrationError('registration', showValue(input), 'an object with an address');
  }
  const unknown = Object.keys(given).find((name) => !Object.values<string>(INPUT_NAMES).includes(name));
  if (unknown !== undefined) {
    throw new InvalidRegistrationError('a field', showValue(unknown), Object.values(INPUT_NAMES).join(', '));
  }
  const json = detached<Record<string, unknown>>({});
  for (const [jsonName, inputName] of Object.entries(INPUT_NAMES)) {
    if (given[inputName] !== undefined) {
      json[jsonName] = toJsonValue(inputName, given[inputName]);
    }
  }
  const checked = checkFields(INSTANCE_SCHEMA, json, {});
  if ('refusal' in checked) {
    const { field, shownValue, allowed } = checked.refusal;
    const inputName = Object.hasOwn(INPUT_NAMES, field) ? INPUT_NAMES[field as keyof typeof INPUT_NAMES] : field;
    throw new InvalidRegistrationError(inputName, shownValue, allowed);
  }
  const data = new TextEncoder().encode(JSON.stringify(json));
  if (data.length > MAX_ZNODE_BYTES) {
    throw new InvalidRegistrationError(
      'registration',
      `${data.length} bytes`,
      `at most ${MAX_ZNODE_BYTES} bytes of JSON`,
    );
  }
  return data;
}

/** Numbers stand for milliseconds and become durations; an address in parts becomes one text. The rest stays. */
function toJsonValue(inputName: keyof InstanceInput, value: unknown): unknown {
  const isDuration = inputName === 'interval' || inputName === 'timeout';
  if (isDuration && typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_INTERVAL_MS) {
    return formatDuration(value);
  }
  if (inputName === 'address') {
    const { host, port } = ownFields(value) ?? {};
    return typeof host === 'string' && typeof port === 'number' ? formatAddress({ host, port }) : value;
  }
  return value;
}

/**
 * The JSON schema (draft 2020-12) of the data of `/services/<service>/<instance>`, for services in other languages that
 * write it themselves. It describes the same fields that {@link parseInstance} checks, which has the last word.
 */
export function instanceJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(INSTANCE_SCHEMA, { io: 'input' });
}
