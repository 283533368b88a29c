import * as z from 'zod';
import { formatDuration } from './duration.ts';
import { SOURCE_FIELDS, sourceField } from './foreign-source.ts';
import type { Parsed } from './parsed.ts';
import { refused, type Refusal } from './refusal.ts';
import { relabelField } from './relabel/relabel-field.ts';
import * as field from './rule-field.ts';
import {
  effectiveBounds,
  type ClusterDefaults,
  type RuleOverrides,
  type ScrapeRule,
  type ServiceRule,
} from './scrape-rule.ts';
import { showValue } from './show-value.ts';
import { detached, ownFields, readZnodeJson, type OwnFields } from './znode-json.ts';

const MAX_BODY_BYTES = 1024 ** 3;
const MAX_RETRIES = 100;
const MAX_SAMPLES = 10_000_000;
const MAX_LABELS = 1024;
const MAX_LABEL_LENGTH = 65_536;
const MIN_BOUND_MS = 10;
const MAX_RETENTION_MS = 10 * 365 * 86_400_000;

/** Fields that an instance, too, may set. */
export const INSTANCE_RULE_SHAPE = {
  scheme: field.schemeField().optional(),
  path: field.pathField().optional(),
  params: field.paramsField().optional(),
  interval: field.durationField(1, field.MAX_INTERVAL_MS).optional(),
  timeout: field.durationField(1, field.MAX_INTERVAL_MS).optional(),
  retries: field.wholeNumberField(0, MAX_RETRIES).optional(),
  labels: field.labelsField().optional(),
  body_size_limit: field.byteSizeField(MAX_BODY_BYTES).optional(),
  sample_limit: field.wholeNumberField(1, MAX_SAMPLES).optional(),
  label_limit: field.wholeNumberField(1, MAX_LABELS).optional(),
  label_name_length_limit: field.wholeNumberField(1, MAX_LABEL_LENGTH).optional(),
  label_value_length_limit: field.wholeNumberField(1, MAX_LABEL_LENGTH).optional(),
  credentials: field.profileNameField().optional(),
};

/** Fields of a rule that only the operator sets: with `honor_labels` and relabelling a target can pose as another. */
const OPERATOR_RULE_SHAPE = {
  ...INSTANCE_RULE_SHAPE,
  honor_labels: field.booleanField().optional(),
  honor_timestamps: field.booleanField().optional(),
  follow_redirects: field.booleanField().optional(),
  relabel_configs: relabelField('relabel_configs', 'target').optional(),
  metric_relabel_configs: relabelField('metric_relabel_configs', 'series').optional(),
  retention: field.durationField(60_000, MAX_RETENTION_MS).optional(),
  downsample: field.downsampleField(MAX_RETENTION_MS).optional(),
};

const BOUNDS_SCHEMA = z.object(
  {
    min_interval: field.durationField(MIN_BOUND_MS, field.MAX_INTERVAL_MS).optional(),
    max_interval: field.durationField(MIN_BOUND_MS, field.MAX_INTERVAL_MS).optional(),
    max_retries: field.wholeNumberField(0, MAX_RETRIES).optional(),
    max_body_size: field.byteSizeField(MAX_BODY_BYTES).optional(),
    max_samples: field.wholeNumberField(1, MAX_SAMPLES).optional(),
    max_labels: field.wholeNumberField(1, MAX_LABELS).optional(),
    max_label_name_length: field.wholeNumberField(1, MAX_LABEL_LENGTH).optional(),
    max_label_value_length: field.wholeNumberField(1, MAX_LABEL_LENGTH).optional(),
  },
  { error: 'an object of bounds' },
);

const RULE_SCHEMA = z.object(OPERATOR_RULE_SHAPE);
const SERVICE_SCHEMA = RULE_SCHEMA.extend({ source: sourceField().optional() });
const DEFAULTS_SCHEMA = RULE_SCHEMA.extend({ bounds: BOUNDS_SCHEMA.optional() });

/** How a document is read. */
export interface ReadOptions {
  /**
   * What to do with a field that this release does not know: skip it, as collectors must, since a later release may
   * have written it; or refuse it, as a check of what somebody just typed should.
   * @defaultValue `'ignore'`
   */
  unknownFields?: 'ignore' | 'refuse' | undefined;
}

/** What the schemas yield for the fields of a rule, under their JSON names. */
type RuleFields = z.output<typeof RULE_SCHEMA>;

/** Our names of the fields of a rule, under their JSON names. */
const OWN_NAMES = {
  scheme: 'scheme',
  path: 'path',
  params: 'params',
  interval: 'intervalMs',
  timeout: 'timeoutMs',
  retries: 'retries',
  labels: 'labels',
  honor_labels: 'honorLabels',
  honor_timestamps: 'honorTimestamps',
  relabel_configs: 'relabel',
  metric_relabel_configs: 'metricRelabel',
  credentials: 'credentials',
  follow_redirects: 'followRedirects',
  body_size_limit: 'maxBodyBytes',
  sample_limit: 'sampleLimit',
  label_limit: 'labelLimit',
  label_name_length_limit: 'labelNameLengthLimit',
  label_value_length_limit: 'labelValueLengthLimit',
  retention: 'retentionMs',
  downsample: 'downsample',
} as const satisfies Record<keyof RuleFields, keyof ScrapeRule>;

/** Renames the fields of a rule from JSON to ours. Only what is set appears. */
export function toOverrides(fields: RuleFields): RuleOverrides {
  const overrides: Record<string, unknown> = {};
  // By what is there, which is little of what there could be: instances come by the ten thousand.
  for (const name in fields) {
    const value = fields[name as keyof RuleFields];
    if (value !== undefined && Object.hasOwn(OWN_NAMES, name)) overrides[OWN_NAMES[name as keyof RuleFields]] = value;
  }
  return overrides;
}

/**
 * Reads the data of `/defaults`. Empty data sets nothing.
 *
 * Besides the single fields it checks that the least interval in force is not above the greatest.
 */
export function parseClusterDefaults(data: Uint8Array, options: ReadOptions = {}): Parsed<ClusterDefaults> {
  const read = readDocument(DEFAULTS_SCHEMA, data, options);
  if ('refusal' in read) {
    return refused(read.refusal);
  }
  const given: z.output<typeof BOUNDS_SCHEMA> = detached(read.fields.bounds ?? {});
  const defaults: ClusterDefaults = {
    rule: toOverrides(read.fields),
    bounds: {
      minIntervalMs: given.min_interval,
      maxIntervalMs: given.max_interval,
      maxRetries: given.max_retries,
      maxBodyBytes: given.max_body_size,
      maxSamples: given.max_samples,
      maxLabels: given.max_labels,
      maxLabelNameLength: given.max_label_name_length,
      maxLabelValueLength: given.max_label_value_length,
    },
  };
  const { minIntervalMs, maxIntervalMs } = effectiveBounds(defaults);
  if (minIntervalMs > maxIntervalMs) {
    const allowed = `at most bounds.max_interval, which is ${formatDuration(maxIntervalMs)}`;
    return refused({ field: 'bounds.min_interval', shownValue: formatDuration(minIntervalMs), allowed });
  }
  return { ok: true, value: defaults };
}

/** Reads the data of `/services/<service>`. Empty data sets nothing. */
export function parseServiceRule(data: Uint8Array, options: ReadOptions = {}): Parsed<ServiceRule> {
  const read = readDocument(SERVICE_SCHEMA, data, options);
  if ('refusal' in read) {
    return refused(read.refusal);
  }
  const rule = toOverrides(read.fields);
  const { source } = read.fields;
  return { ok: true, value: source === undefined ? rule : { ...rule, source } };
}

/** Reads a znode's JSON by a schema: its fields, or the first thing that is wrong. */
export function readDocument<Schema extends z.ZodObject>(
  schema: Schema,
  data: Uint8Array,
  options: ReadOptions,
): { fields: z.output<Schema> } | { refusal: Refusal } {
  const json = readZnodeJson(data);
  return 'refusal' in json ? json : checkFields(schema, json.fields, options);
}

/** Checks the fields of an object by a schema. */
export function checkFields<Schema extends z.ZodObject>(
  schema: Schema,
  given: OwnFields,
  { unknownFields = 'ignore' }: ReadOptions,
): { fields: z.output<Schema> } | { refusal: Refusal } {
  const own = Object.hasOwn(given, 'bounds')
    ? Object.assign(detached(given), { bounds: ownFields(given['bounds']) ?? given['bounds'] })
    : given;
  const result = schema.safeParse(own);
  if (!result.success) {
    return { refusal: refusalOf(result.error, own) };
  }
  const unknown = unknownFields === 'refuse' ? unknownFieldIn(schema, own) : undefined;
  return unknown === undefined ? { fields: detached(result.data) } : { refusal: unknown };
}

function refusalOf(error: z.ZodError, given: OwnFields): Refusal {
  const [issue] = error.issues;
  const refusal: unknown = issue?.code === 'custom' ? issue.params?.['refusal'] : undefined;
  const path = issue?.path ?? [];
  if (refusal !== undefined) {
    return refusal as Refusal;
  }
  let value: unknown = given;
  for (const name of path) {
    value = ownFields(value)?.[String(name)];
  }
  return { field: path.join('.') || 'data', shownValue: showValue(value), allowed: issue?.message ?? 'something else' };
}

function unknownFieldIn(schema: z.ZodObject, given: OwnFields): Refusal | undefined {
  for (const [known, fields] of [
    [Object.keys(schema.shape), given],
    [Object.keys(BOUNDS_SCHEMA.shape), ownFields(given['bounds']) ?? {}],
    [SOURCE_FIELDS, ownFields(given['source']) ?? {}],
  ] as const) {
    const unknown = Object.keys(fields).find((name) => !(known as readonly string[]).includes(name));
    if (unknown !== undefined) {
      return { field: 'a field', shownValue: showValue(unknown), allowed: known.join(', ') };
    }
  }
  return undefined;
}

/**
 * The JSON schema (draft 2020-12) of a rule, for editors: of `/defaults` or of a service. It describes the same fields
 * that {@link parseClusterDefaults} and {@link parseServiceRule} check with unknown fields refused; these two have the last
 * word, on what a schema cannot say: sums of units, two fields together, patterns of relabelling.
 */
export function ruleJsonSchema(kind: 'defaults' | 'service'): Record<string, unknown> {
  const schema = kind === 'defaults' ? DEFAULTS_SCHEMA : SERVICE_SCHEMA;
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // Whoever writes a rule has mistyped a field that there is not; see `ReadOptions`.
      if (zodSchema instanceof z.ZodObject) jsonSchema.additionalProperties = false;
    },
  });
}
