import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { flattenSettings, holdsPassword, parseByteSize, parseDuration, redactUrl } from '@pulsekeeper/model';
import { DEFAULT_STORE_OPTIONS, redactRedisUrl } from '@pulsekeeper/store';
import convict from 'convict';

import { longestNewsMs, type CollectorOptions } from '../collector-options.ts';
import { CollectorError } from '../errors.ts';
import { hostsOf, parseListenAddress } from './settings-formats.ts';
import { zookeeperAccessOf } from './zookeeper-access.ts';
import { parseSelectorList } from './selector-list.ts';
import { storeSentinelOf } from './store-sentinel.ts';
import { storeTlsOf } from './store-tls.ts';
import {
  flagOf,
  isSensitive,
  SETTING_NAMES,
  SETTINGS_SCHEMA,
  type RawSettings,
  type SettingName,
} from './settings-schema.ts';

/** Where settings come from. */
export interface SettingsInput {
  /** Flags, still as text. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /** The file of `--config`. */
  readonly configFile?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The settings, and the options that they mean. */
export interface Settings {
  readonly raw: RawSettings;
  readonly options: CollectorOptions;
  readonly logLevel: string;
}

/** One source of settings. */
interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly sourceOf: (name: SettingName) => string;
}

/**
 * Puts the settings together: defaults, the file (JSON), the environment, flags; the later one wins, each setting by
 * itself. An empty environment variable counts as not set.
 *
 * @throws CollectorError `InvalidConfig`: one line that says where, which setting, with which value, and what is allowed.
 */
export function loadSettings(input: SettingsInput): Settings {
  refuseExposed(input.flags);
  const merged: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  for (const { values, sourceOf } of [fileLayer(input.configFile), envLayer(input.env), flagLayer(input.flags)]) {
    for (const [name, value] of Object.entries(values)) {
      if (!isSettingName(name)) {
        throw invalid(
          `${input.configFile ?? ''}: there is no setting ${JSON.stringify(name)}; there are ${SETTING_NAMES.join(', ')}`,
        );
      }
      merged[name] = coerce(name, value);
      sources.set(name, sourceOf(name));
    }
  }
  for (const [name, source] of sources) check(name as SettingName, merged[name], source);
  // The environment was read above, together with where each value came from.
  const config = convict<RawSettings>(SETTINGS_SCHEMA, { env: {}, args: [] });
  config.load(merged);
  config.validate({ allowed: 'strict' });
  const raw = config.getProperties();
  checkHandover(raw, sources);
  return { raw, options: toOptions(raw), logLevel: raw.logLevel };
}

/** The settings as they may be shown: without credentials. */
export function redactSettings(raw: RawSettings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const value = raw[name];
      if (isSensitive(name)) return [name, value === '' ? '' : '***'];
      return [name, typeof value === 'string' ? shownValue(name, value) : value];
    }),
  );
}

function check(name: SettingName, value: unknown, source: string): void {
  const problem = explain(name, value);
  if (problem === undefined) return;
  const shown = isSensitive(name) ? '***' : shownValue(name, typeof value === 'string' ? value : JSON.stringify(value));
  throw invalid(`${source}: ${name} is ${JSON.stringify(shown)}; ${problem}`);
}

/** A setting's value without credentials. */
function shownValue(name: SettingName, value: string): string {
  return name === 'redis' ? redactRedisUrl(value) : redactUrl(value);
}

function explain(name: SettingName, value: unknown): string | undefined {
  const format: unknown = SETTINGS_SCHEMA[name].format;
  if (Array.isArray(format)) return format.includes(value) ? undefined : `expected one of ${format.join(', ')}`;
  if (format === String) return typeof value === 'string' ? undefined : 'expected a text';
  if (format === Boolean) return typeof value === 'boolean' ? undefined : 'expected true or false';
  try {
    (format as (value: unknown) => void)(value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function toOptions(raw: RawSettings): CollectorOptions {
  const driver = raw.store === 'timeseries' ? 'timeseries' : 'stream';
  const mirror = parseSelectorList(raw.storeTimeseriesMirror);
  if (driver === 'timeseries' && mirror.length > 0) {
    throw invalid(
      'PULSEKEEPER_STORE_TIMESERIES_MIRROR: storeTimeseriesMirror is set; with store timeseries, where every series is a key, it must be empty',
    );
  }
  return {
    id: raw.collectorId === '' ? `${hostname().slice(0, 100)}-${randomBytes(3).toString('hex')}` : raw.collectorId,
    zookeeper: raw.zookeeper,
    zookeeperAuth: raw.zookeeperAuth === '' ? undefined : raw.zookeeperAuth,
    ...orInvalid(() => zookeeperAccessOf(raw)),
    sessionTimeoutMs: parseDuration(raw.sessionTimeout),
    redis: raw.redis,
    keyPrefix: raw.keyPrefix,
    retentionMs: parseDuration(raw.retention),
    bufferBytes: parseByteSize(raw.buffer),
    storeDriver: driver,
    storeTimeseries: { mirror, chunkBytes: raw.storeTimeseriesChunk },
    storeTls: orInvalid(() => storeTlsOf(raw)),
    storeSentinel: orInvalid(() => storeSentinelOf(raw)),
    storeSpillPath: raw.storeSpillPath === '' ? undefined : raw.storeSpillPath,
    storeAck: ackOf(raw),
    storeRewriteWindowMs: parseDuration(raw.storeRewriteWindow),
    listen: parseListenAddress(raw.listen),
    advertisedHost: raw.advertise === '' ? undefined : raw.advertise,
    replication: raw.replication,
    capacity: raw.capacity,
    handoverMs: raw.handover === '' ? undefined : parseDuration(raw.handover),
    discoveryMode: raw.discoveryMode === 'poll' ? 'poll' : 'watch',
    pollIntervalMs: parseDuration(raw.discoveryPollInterval),
    startTimeoutMs: parseDuration(raw.startTimeout),
    drainTimeoutMs: parseDuration(raw.drainTimeout),
    maxConcurrentScrapes: raw.maxConcurrentScrapes === 0 ? undefined : raw.maxConcurrentScrapes,
    scrapeAllow: hostsOf(raw.scrapeAllow),
    scrapeDeny: hostsOf(raw.scrapeDeny),
    credentialsFile: raw.credentialsFile === '' ? undefined : raw.credentialsFile,
    fallbackFormat: fallbackFormat(raw.fallbackFormat),
    registersItself: raw.selfRegistration,
  };
}

/** The acknowledgement that the store is asked for, where what it takes together makes sense. */
function ackOf(raw: RawSettings): CollectorOptions['storeAck'] {
  const ack = { replicas: raw.storeAck, timeoutMs: parseDuration(raw.storeAckTimeout) };
  if (ack.replicas > 0 && raw.redis.includes('+cluster:')) {
    throw invalid(`PULSEKEEPER_STORE_ACK: storeAck is ${ack.replicas}; with redis+cluster it must be 0`);
  }
  const mostMs = DEFAULT_STORE_OPTIONS.commandTimeoutMs;
  if (ack.timeoutMs >= mostMs) {
    throw invalid(
      `PULSEKEEPER_STORE_ACK_TIMEOUT: storeAckTimeout is "${raw.storeAckTimeout}"; expected less than ${mostMs}ms`,
    );
  }
  return ack;
}

/** Those who poll hear of a join or leave only at their next reading. */
function checkHandover(raw: RawSettings, sources: ReadonlyMap<string, string>): void {
  if (raw.handover === '' || raw.discoveryMode !== 'poll') return;
  const newsMs = longestNewsMs({ discoveryMode: 'poll', pollIntervalMs: parseDuration(raw.discoveryPollInterval) });
  if (parseDuration(raw.handover) > newsMs) return;
  throw invalid(
    `${sources.get('handover') ?? ''}: handover is ${JSON.stringify(raw.handover)}; when polling every ` +
      `${raw.discoveryPollInterval} it must be more than 1.1 times that, ${newsMs}ms`,
  );
}

function fallbackFormat(text: string): CollectorOptions['fallbackFormat'] {
  return text === 'prometheus-text' || text === 'openmetrics' ? text : undefined;
}

function fileLayer(path: string | undefined): Layer {
  if (path === undefined) return { values: {}, sourceOf: () => '' };
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/, open .*$/, '') : String(cause);
    throw invalid(`--config ${path}: ${problem}`, cause);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw invalid(`--config ${path}: expected a JSON object such as {"zookeeper": "zk1:2181/pulsekeeper"}`);
  }
  const settings = orInvalid(() => flattenSettings({ ...values }), `--config ${path}: `);
  const paths = new Map<string, string>(settings.map((setting) => [setting.name, setting.path]));
  return {
    values: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    sourceOf: (name) => {
      const written = paths.get(name);
      return written === undefined || written === name ? path : `${path}: ${written}`;
    },
  };
}

/** What a step makes of settings; what it throws is said of them, after `where`. */
function orInvalid<T>(step: () => T, where = ''): T {
  try {
    return step();
  } catch (error) {
    throw invalid(`${where}${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function envLayer(env: SettingsInput['env']): Layer {
  const values: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const value = env[SETTINGS_SCHEMA[name].env];
    if (value !== undefined && value !== '') values[name] = value;
  }
  return { values, sourceOf: (name) => SETTINGS_SCHEMA[name].env };
}

function flagLayer(flags: SettingsInput['flags']): Layer {
  return { values: flags, sourceOf: (name) => `--${flagOf(name)}` };
}

/** Every process of a machine can read the command lines of all others. */
function refuseExposed(flags: SettingsInput['flags']): void {
  for (const [name, value] of Object.entries(flags) as [SettingName, string][]) {
    if (isSensitive(name) || (name === 'redis' && holdsPassword(value))) {
      throw invalid(
        `--${flagOf(name)}: credentials do not belong on a command line, which everybody on this machine can read; set ${SETTINGS_SCHEMA[name].env} instead`,
      );
    }
  }
}

/** Text from the environment or a flag as what the setting is. What cannot be read stays, and is refused later. */
function coerce(name: SettingName, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const kind = typeof SETTINGS_SCHEMA[name].default;
  if (kind === 'number' && /^\d+$/.test(value)) return Number(value);
  if (kind === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}

function isSettingName(name: string): name is SettingName {
  return (SETTING_NAMES as readonly string[]).includes(name);
}

function invalid(message: string, cause?: unknown): CollectorError {
  return new CollectorError('InvalidConfig', message, { cause });
}
