import type { z } from 'zod';
import { REFUSED_BY_ZOOKEEPER } from './name.ts';
import { fieldOf, refusePart, type PartRefusal } from './rule-field.ts';
import { hasUnsafeCharacter, showValue } from './show-value.ts';
import { ownFields } from './znode-json.ts';

/** The formats of others in which instances may be registered: Finagle and Aurora, Airbnb Nerve, Apache Curator. */
export const FOREIGN_KINDS = ['serverset', 'nerve', 'curator'] as const;

/** One of {@link FOREIGN_KINDS}. */
export type ForeignKind = (typeof FOREIGN_KINDS)[number];

/** Where a service's instances are registered when that is not by us: the children of one znode, in a foreign format. */
export interface ForeignSource {
  readonly kind: ForeignKind;
  /** Relative to the chroot; with two leading slashes, from the root of the ZooKeeper server. */
  readonly path: string;
  /**
   * Which of an instance's ports: with `serverset` the name of an additional endpoint, with `curator` `port` or
   * `sslPort`. Absent: the service endpoint; the `port`, or where there is none the `sslPort`.
   */
  readonly endpoint?: string | undefined;
}

/** The fields of a `source`, for a check that knows of no others. */
export const SOURCE_FIELDS = ['kind', 'path', 'endpoint'] as const;

const MAX_PATH_LENGTH = 1024;
const MAX_ENDPOINT_LENGTH = 256;
/** A name within a path, for the JSON schema: neither `.` nor `..`. */
const ZNODE_NAME = '(?!\\.\\.?(?:/|$))[^/]+';
const CURATOR_ENDPOINTS: readonly unknown[] = ['port', 'sslPort'];

const ALLOWED = 'an object with kind and path, and perhaps endpoint';
const ALLOWED_PATH = `the path of a znode, such as "/aurora/web", or "//aurora/web" from the root of the server, at most ${MAX_PATH_LENGTH} characters`;

/** The field `source` of a service's rule. */
export function sourceField(): z.ZodType<ForeignSource> {
  return fieldOf({
    allowed: ALLOWED,
    read: readSource,
    jsonSchema: {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: FOREIGN_KINDS },
        path: { type: 'string', pattern: `^//?${ZNODE_NAME}(?:/${ZNODE_NAME})*$`, maxLength: MAX_PATH_LENGTH },
        endpoint: { type: 'string', minLength: 1, maxLength: MAX_ENDPOINT_LENGTH },
      },
      required: ['kind', 'path'],
      additionalProperties: false,
      allOf: [
        { if: { properties: { kind: { const: 'nerve' } } }, then: { properties: { endpoint: false } } },
        {
          if: { properties: { kind: { const: 'curator' } } },
          then: { properties: { endpoint: { enum: CURATOR_ENDPOINTS } } },
        },
      ],
    },
  });
}

function readSource(value: unknown): ForeignSource | PartRefusal | undefined {
  const fields = ownFields(value);
  if (fields === undefined) return undefined;
  const { kind, path, endpoint } = fields;
  if (!isKind(kind)) {
    return refusePart('source.kind', showValue(kind), FOREIGN_KINDS.map((name) => `"${name}"`).join(', '));
  }
  if (typeof path !== 'string' || !isSourcePath(path)) return refusePart('source.path', showValue(path), ALLOWED_PATH);
  if (endpoint === undefined) return { kind, path };
  const allowed = endpointRefusal(kind, endpoint);
  if (allowed !== undefined || typeof endpoint !== 'string') {
    return refusePart('source.endpoint', showValue(endpoint), allowed ?? 'a text');
  }
  return { kind, path, endpoint };
}

/** What is allowed instead; `undefined` when the endpoint is right. */
function endpointRefusal(kind: ForeignKind, endpoint: unknown): string | undefined {
  switch (kind) {
    case 'serverset': {
      const isName = typeof endpoint === 'string' && endpoint !== '' && endpoint.length <= MAX_ENDPOINT_LENGTH;
      const allowed = `the name of an additional endpoint, 1 to ${MAX_ENDPOINT_LENGTH} characters without control characters`;
      return isName && !hasUnsafeCharacter(endpoint) ? undefined : allowed;
    }
    case 'curator':
      return CURATOR_ENDPOINTS.includes(endpoint) ? undefined : '"port" or "sslPort"';
    case 'nerve':
      return 'nothing: a node of Nerve has one port';
  }
}

function isKind(value: unknown): value is ForeignKind {
  return FOREIGN_KINDS.some((kind) => kind === value);
}

function isSourcePath(path: string): boolean {
  const isText = path.length <= MAX_PATH_LENGTH && !hasUnsafeCharacter(path) && !REFUSED_BY_ZOOKEEPER.test(path);
  if (!isText || !path.startsWith('/')) return false;
  const names = path.slice(path.startsWith('//') ? 2 : 1).split('/');
  return names.every((name) => name !== '' && name !== '.' && name !== '..');
}
