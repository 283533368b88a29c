import { explainInvalidName, showValue, type Parsed } from '@pulsekeeper/model';
import { RegistryError } from './errors.ts';
import { ownField, parseZnodeJson } from './znode-json.ts';

/** Whether a collector takes part in the ring (`active`) or is on its way out (`draining`). */
export type CollectorState = 'active' | 'draining';

/** What a collector says of itself in `/collectors/<id>`. Times are Unix time in ms. */
export interface CollectorRecord {
  /** Its name; equals the name of the znode. */
  readonly id: string;
  /** Host that it runs on, as it calls itself; at most 255 characters. */
  readonly host: string;
  /** Where its HTTP server answers, `http://host:port`. */
  readonly statusUrl: string;
  /** Its weight in the ring, relative to the others; from {@link MIN_CAPACITY} to {@link MAX_CAPACITY}. */
  readonly capacity: number;
  /** `draining` while it hands its targets over. */
  readonly state: CollectorState;
  /** Version of the program. */
  readonly version: string;
  /** It owns targets for slots at or after this moment, Unix time in ms. */
  readonly activeFromMs: number;
  /** While draining: it owns nothing for slots at or after this moment, Unix time in ms. */
  readonly drainAtMs?: number | undefined;
  /** Version of the ring that it works by. */
  readonly ring?: string | undefined;
  /** Key of this run of the collector (`createRegistrantKey`); a new one at each start. */
  readonly incarnation: string;
}

/** Smallest weight of a collector; the ring's own bound. */
export const MIN_CAPACITY = 0.01;

/** Largest weight of a collector; the ring's own bound. */
export const MAX_CAPACITY = 100;

/** Year 3000: a time after it is a mistake. */
const MAX_TIME_MS = 32_503_680_000_000;

/**
 * Reads a collector's znode. A record that is wrong in any field counts for nothing on all observers alike: were it
 * mended here and refused there, they would compute different rings.
 */
export function parseCollector(data: Uint8Array): Parsed<CollectorRecord> {
  const json = parseZnodeJson(data);
  if (!json.ok) return json;
  const field = (name: string): unknown => ownField(json.value, name);
  const reason =
    wrongName(field('id')) ??
    wrongText('host', field('host'), 255) ??
    wrongUrl(field('statusUrl')) ??
    wrongNumber('capacity', field('capacity'), MIN_CAPACITY, MAX_CAPACITY) ??
    wrongState(field('state')) ??
    wrongText('version', field('version'), 100) ??
    wrongNumber('activeFromMs', field('activeFromMs'), 0, MAX_TIME_MS) ??
    (field('drainAtMs') === undefined ? undefined : wrongNumber('drainAtMs', field('drainAtMs'), 0, MAX_TIME_MS)) ??
    (field('ring') === undefined ? undefined : wrongText('ring', field('ring'), 100)) ??
    wrongText('incarnation', field('incarnation'), 200);
  if (reason !== undefined) return { ok: false, reason };
  return { ok: true, value: pickFields(json.value as CollectorRecord) };
}

/** The bytes of a collector's znode. Throws `InvalidRecord` with the field, its value and what is allowed. */
export function serializeCollector(record: CollectorRecord): Uint8Array {
  const data = Buffer.from(JSON.stringify(pickFields(record)));
  const parsed = parseCollector(data);
  if (!parsed.ok) throw new RegistryError('InvalidRecord', `collector record: ${parsed.reason}`);
  return data;
}

function pickFields(record: CollectorRecord): CollectorRecord {
  const { id, host, statusUrl, capacity, state, version, activeFromMs, drainAtMs, ring, incarnation } = record;
  return {
    id,
    host,
    statusUrl,
    capacity,
    state,
    version,
    activeFromMs,
    ...(drainAtMs === undefined ? {} : { drainAtMs }),
    ...(ring === undefined ? {} : { ring }),
    incarnation,
  };
}

function wrongName(value: unknown): string | undefined {
  const why = typeof value === 'string' ? explainInvalidName(value) : 'it must be a string';
  return why === undefined ? undefined : `field id ${showValue(value)}: ${why}`;
}

function wrongText(name: string, value: unknown, maxLength: number): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  const isRight = typeof value === 'string' && value.length <= maxLength && !/[\u0000-\u001f\u007f]/.test(value);
  if (isRight) return undefined;
  return `field ${name} ${showValue(value)}: must be text of at most ${maxLength} characters without control characters`;
}

function wrongUrl(value: unknown): string | undefined {
  if (typeof value === 'string' && value.length <= 2048 && URL.canParse(value)) {
    const { protocol, username, password } = new URL(value);
    if ((protocol === 'http:' || protocol === 'https:') && username === '' && password === '') return undefined;
  }
  return `field statusUrl ${showValue(value)}: must be an http or https URL without credentials`;
}

function wrongNumber(name: string, value: unknown, min: number, max: number): string | undefined {
  if (typeof value === 'number' && value >= min && value <= max) return undefined;
  return `field ${name} ${showValue(value)}: must be a number from ${min} to ${max}`;
}

function wrongState(value: unknown): string | undefined {
  return value === 'active' || value === 'draining'
    ? undefined
    : `field state ${showValue(value)}: must be active or draining`;
}
