import * as z from 'zod';
import { parseByteSize } from './byte-size.ts';
import { AGGREGATORS, formatDownsampleRule, parseDownsampleRule, type DownsampleRule } from './downsample-rule.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { isClassicLabelName, newLabelSet, type LabelSet } from './labels.ts';
import { byteSizePattern, durationPattern } from './limit-pattern.ts';
import type { Refusal } from './refusal.ts';
import { newParams, type ScrapeParams, type Scheme } from './scrape-rule.ts';
import { hasUnsafeCharacter, showValue } from './show-value.ts';
import { ALLOWED_ADDRESS, readAddress, type TargetAddress } from './target-address.ts';
import { ownFields } from './znode-json.ts';

/** Longest interval and timeout that can be written at all, whatever the bounds: a day. */
export const MAX_INTERVAL_MS = 86_400_000;

/** Labels that are the cluster's own; no rule may set them. */
export const RESERVED_LABELS: readonly string[] = ['service', 'instance', 'collector'];

const MAX_PATH_LENGTH = 1024;
/** Most labels, and most parameters, of one rule. */
export const MAX_ENTRIES = 64;
const MAX_TEXT_LENGTH = 1024;
const MAX_LABEL_NAME_LENGTH = 256;
/** Each compaction is a further key for every series. */
const MAX_DOWNSAMPLE_RULES = 8;
const MIN_BUCKET_MS = 1_000;
/** RFC 3986 path characters; `//` is refused at the begin, where a URL resolver would take it for a host. */
const PATH = /^\/(?!\/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;

const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** What a part of a map is refused for. */
export type PartRefusal = Refusal & { readonly isRefusal: true };

/**
 * A field of the JSON: `undefined` from `read` refuses the value with `allowed`, a refusal blames a part of it.
 * `jsonSchema` describes the same for editors.
 */
export interface FieldKind<T> {
  readonly allowed: string;
  readonly read: (value: unknown) => T | PartRefusal | undefined;
  readonly jsonSchema: Record<string, unknown>;
}

/** The field as a schema. Issues carry `allowed` as message and a {@link PartRefusal}, if any, under `params`. */
export function fieldOf<T>({ allowed, read, jsonSchema }: FieldKind<T>): z.ZodType<T> {
  return z
    .unknown()
    .transform((value, context): T => {
      const result = read(value);
      if (result !== undefined && !isPartRefusal(result)) {
        return result;
      }
      context.addIssue({ code: 'custom', message: allowed, params: { refusal: result } });
      return z.NEVER;
    })
    .meta({ description: allowed, ...jsonSchema });
}

function isPartRefusal(value: unknown): value is PartRefusal {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'isRefusal');
}

/** Blames a part of a field. */
export function refusePart(field: string, shownValue: string, allowed: string): PartRefusal {
  return { field, shownValue, allowed, isRefusal: true };
}

/** A duration above 0 and within hard limits. */
export function durationField(minMs: number, maxMs: number): z.ZodType<number> {
  return fieldOf({
    allowed: `a duration such as "15s", "1m30s" or "500ms", from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    read: (value) => {
      const ms = typeof value === 'string' ? tryRead(parseDuration, value) : undefined;
      return ms !== undefined && ms >= minMs && ms <= maxMs ? ms : undefined;
    },
    jsonSchema: { type: 'string', pattern: `^${durationPattern(minMs, maxMs)}$`, examples: ['15s', '1m30s', '500ms'] },
  });
}

/** A whole number within hard limits; a JSON number, never a text. */
export function wholeNumberField(min: number, max: number): z.ZodType<number> {
  return fieldOf({
    allowed: `a whole number from ${min} to ${max}`,
    // Adding 0 turns −0 into 0.
    read: (value) => (isWholeNumber(value) && value >= min && value <= max ? value + 0 : undefined),
    jsonSchema: { type: 'integer', minimum: min, maximum: max },
  });
}

/** A size in bytes: a whole number or a text such as `16MB`. */
export function byteSizeField(max: number): z.ZodType<number> {
  return fieldOf({
    allowed: `a size such as "16MB" or a number of bytes, from 1 to ${max}`,
    read: (value) => {
      const bytes = typeof value === 'string' ? tryRead(parseByteSize, value) : value;
      return isWholeNumber(bytes) && bytes >= 1 && bytes <= max ? bytes : undefined;
    },
    jsonSchema: {
      type: ['string', 'integer'],
      pattern: `^${byteSizePattern(max)}$`,
      minimum: 1,
      maximum: max,
      examples: ['16MB'],
    },
  });
}

/** `true` or `false`; never a text. */
export function booleanField(): z.ZodType<boolean> {
  return fieldOf({
    allowed: 'true or false',
    read: (value) => (typeof value === 'boolean' ? value : undefined),
    jsonSchema: { type: 'boolean' },
  });
}

/** `http` or `https`. */
export function schemeField(): z.ZodType<Scheme> {
  return fieldOf<Scheme>({
    allowed: '"http" or "https"',
    read: (value) => (value === 'http' || value === 'https' ? value : undefined),
    jsonSchema: { type: 'string', enum: ['http', 'https'] },
  });
}

/** The path of a URL. */
export function pathField(): z.ZodType<string> {
  return fieldOf({
    allowed: `a URL path that begins with one "/", at most ${MAX_PATH_LENGTH} characters, percent-encoded; a query goes to params`,
    read: (value) => (typeof value === 'string' && isScrapePath(value) ? value : undefined),
    jsonSchema: { type: 'string', pattern: PATH.source, maxLength: MAX_PATH_LENGTH, examples: ['/metrics'] },
  });
}

/** Whether a text is the path of a URL as {@link pathField} takes it. */
export function isScrapePath(text: string): boolean {
  return isText(text, MAX_PATH_LENGTH) && PATH.test(text);
}

/** `host:port`. */
export function addressField(): z.ZodType<TargetAddress> {
  return fieldOf({
    allowed: ALLOWED_ADDRESS,
    read: (value) => (typeof value === 'string' ? readAddress(value) : undefined),
    jsonSchema: { type: 'string', examples: ['10.0.0.7:9100', 'web-1.example:8080', '[::1]:9100'] },
  });
}

/** A short text without control characters. */
export function textField(maxLength: number): z.ZodType<string> {
  return fieldOf({
    allowed: `a text of 1 to ${maxLength} characters without control characters`,
    read: (value) => (isShortText(value, maxLength) ? value : undefined),
    jsonSchema: { type: 'string', minLength: 1, maxLength },
  });
}

/** Whether it is a text as {@link textField} takes it. */
export function isShortText(value: unknown, maxLength: number): value is string {
  return isText(value, maxLength) && value !== '';
}

/** The name of a profile of credentials in the collectors' configuration; never the credentials themselves. */
export function profileNameField(): z.ZodType<string> {
  return fieldOf({
    allowed: 'the name of a profile of credentials: letters, digits, "_", "." and "-", 1 to 64 characters',
    read: (value) => (typeof value === 'string' && isProfileName(value) ? value : undefined),
    jsonSchema: { type: 'string', pattern: PROFILE_NAME.source, examples: ['internal'] },
  });
}

/** Whether a text can name a profile of credentials. */
export function isProfileName(text: string): boolean {
  return PROFILE_NAME.test(text);
}

/** Query parameters: each a text or a list of texts. */
export function paramsField(): z.ZodType<ScrapeParams> {
  return fieldOf({
    allowed: `an object of at most ${MAX_ENTRIES} parameters, each a text or a list of texts`,
    read: readParams,
    jsonSchema: {
      type: 'object',
      maxProperties: MAX_ENTRIES,
      propertyNames: { minLength: 1, maxLength: MAX_TEXT_LENGTH },
      additionalProperties: {
        anyOf: [
          { type: 'string', maxLength: MAX_TEXT_LENGTH },
          { type: 'array', maxItems: MAX_ENTRIES, items: { type: 'string', maxLength: MAX_TEXT_LENGTH } },
        ],
      },
    },
  });
}

function readParams(value: unknown): ScrapeParams | PartRefusal | undefined {
  const fields = ownFields(value);
  if (fields === undefined || Object.keys(fields).length > MAX_ENTRIES) {
    return undefined;
  }
  const params = newParams();
  for (const [name, given] of Object.entries(fields)) {
    if (!isText(name, MAX_TEXT_LENGTH) || name === '') {
      return refusePart('params: a name', showValue(name), `1 to ${MAX_TEXT_LENGTH} characters, no control characters`);
    }
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (values.length > MAX_ENTRIES || !values.every((text): text is string => isText(text, MAX_TEXT_LENGTH))) {
      const allowed = `a text of at most ${MAX_TEXT_LENGTH} characters without control characters, or a list of at most ${MAX_ENTRIES} of them`;
      return refusePart(`params[${showValue(name)}]`, showValue(given), allowed);
    }
    params[name] = values;
  }
  return params;
}

/** Compactions: a list of texts such as `avg:5m:90d`. */
export function downsampleField(maxRetentionMs: number): z.ZodType<readonly DownsampleRule[]> {
  const [bucket, retention] = [durationPattern(MIN_BUCKET_MS, maxRetentionMs), durationPattern(1, maxRetentionMs)];
  const one = `a text such as "avg:5m:90d": one of ${AGGREGATORS.join(', ')}; a bucket from ${formatDuration(MIN_BUCKET_MS)}; a retention not below the bucket, up to ${formatDuration(maxRetentionMs)}`;
  return fieldOf({
    allowed: `a list of at most ${MAX_DOWNSAMPLE_RULES} different compactions, each ${one}`,
    read: (value) => {
      if (!Array.isArray(value) || value.length > MAX_DOWNSAMPLE_RULES) {
        return undefined;
      }
      const rules = new Map<string, DownsampleRule>();
      for (const text of value as readonly unknown[]) {
        const rule = typeof text === 'string' ? parseDownsampleRule(text) : undefined;
        if (rule === undefined || rule.bucketMs < MIN_BUCKET_MS || rule.retentionMs > maxRetentionMs) {
          return refusePart('downsample: an entry', showValue(text), one);
        }
        rules.set(formatDownsampleRule(rule), rule);
      }
      return rules.size === value.length ? [...rules.values()] : undefined;
    },
    jsonSchema: {
      type: 'array',
      maxItems: MAX_DOWNSAMPLE_RULES,
      uniqueItems: true,
      items: {
        type: 'string',
        pattern: `^(${AGGREGATORS.join('|')}):${bucket}:${retention}$`,
        examples: ['avg:5m:90d'],
      },
    },
  });
}

/** Labels that a rule adds to every series. */
export function labelsField(): z.ZodType<LabelSet> {
  return fieldOf({
    allowed: `an object of at most ${MAX_ENTRIES} labels, each a text`,
    read: readLabels,
    jsonSchema: {
      type: 'object',
      maxProperties: MAX_ENTRIES,
      propertyNames: {
        pattern: '^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$',
        maxLength: MAX_LABEL_NAME_LENGTH,
        not: { enum: RESERVED_LABELS },
      },
      additionalProperties: { type: 'string', maxLength: MAX_TEXT_LENGTH },
    },
  });
}

function readLabels(value: unknown): LabelSet | PartRefusal | undefined {
  const fields = ownFields(value);
  if (fields === undefined || Object.keys(fields).length > MAX_ENTRIES) {
    return undefined;
  }
  const labels = newLabelSet();
  for (const [name, text] of Object.entries(fields)) {
    const refusal = refuseLabel(name, text);
    if (refusal !== undefined) {
      return refusal;
    }
    labels[name] = text as string;
  }
  return labels;
}

/** Why a rule cannot add this label; `undefined` when it can, and then the text is one. */
export function refuseLabel(name: string, text: unknown): PartRefusal | undefined {
  if (!isClassicLabelName(name) || name.length > MAX_LABEL_NAME_LENGTH) {
    return refusePart('labels: a name', showValue(name), 'letters, digits and "_", not a digit first, at most 256');
  }
  if (name.startsWith('__') || RESERVED_LABELS.includes(name)) {
    const allowed = `any name but ${RESERVED_LABELS.join(', ')}, and not beginning with "__"`;
    return refusePart('labels: a name', showValue(name), allowed);
  }
  if (!isText(text, MAX_TEXT_LENGTH)) {
    const allowed = `a text of at most ${MAX_TEXT_LENGTH} characters without control characters`;
    return refusePart(`labels.${name}`, showValue(text), allowed);
  }
  return undefined;
}

/** Whether it is a text of at most that length, in UTF-16 code units, without control characters. */
export function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength && !hasUnsafeCharacter(value);
}

/** Whether it is a number without a fraction that a double holds exactly. */
export function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function tryRead(read: (text: string) => number, text: string): number | undefined {
  try {
    return read(text);
  } catch {
    // Why it is no duration or size does not matter: the reason says what is allowed.
    return undefined;
  }
}
