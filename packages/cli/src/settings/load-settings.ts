import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { flattenSettings, parseDuration, type FileSetting } from '@pulsekeeper/model';
import type { StoreOptions } from '@pulsekeeper/store';
import convict from 'convict';

import { messageOf, usageError } from '../errors.ts';
import { hasPassword, redact } from '../redact.ts';
import { LOCAL_ENV_FILE, parseEnvFile } from './env-file.ts';
import { flagOf, SETTING_NAMES, SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';
import { storeSentinelOf } from './store-sentinel.ts';
import { storeTlsOf } from './store-tls.ts';
import { zookeeperAccessOf, type ZookeeperAccess } from './zookeeper-access.ts';

/** What a command needs to know to reach a cluster. */
export interface Settings extends ZookeeperAccess {
  readonly zookeeper: string;
  readonly zookeeperAuth: string | undefined;
  readonly redis: string;
  /** How TLS to Redis is verified; `undefined` for Node's own way, or none. */
  readonly storeTls: StoreOptions['tls'];
  /** Who we are to the Sentinels; `undefined` where they ask for nothing. */
  readonly storeSentinel: StoreOptions['sentinel'];
  readonly keyPrefix: string;
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly replication: number;
  readonly logLevel: string;
  /** Where each value came from, for `doctor` and for messages: `PULSEKEEPER_REDIS`, `--redis`, a file's path, `default`. */
  readonly sources: Readonly<Record<SettingName, string>>;
}

/** Where settings may come from. */
export interface SettingsInput {
  /** Options given on the command line, still as text. */
  readonly flags: Readonly<Partial<Record<SettingName, string | undefined>>>;
  /** The path given with `--config`. */
  readonly configFile?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** One place that settings came from, weakest first. */
interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly sourceOf: (name: SettingName) => string;
}

/**
 * Puts the settings together: built-in defaults, `.pulsekeeper/env` in the current directory, the file given with
 * `--config` (JSON), the environment, flags; the later one wins, setting by setting.
 *
 * @throws CliError `Usage`, one line that names the source, the setting, the value (redacted) and what is allowed
 */
export function loadSettings(input: SettingsInput): Settings {
  refuseExposed(input.flags);
  const layers = [localLayer(input.cwd), configLayer(input.configFile), envLayer(input.env), flagLayer(input.flags)];
  const sources = Object.fromEntries(SETTING_NAMES.map((name) => [name, 'default'])) as Record<SettingName, string>;
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer.values)) {
      if (!isSettingName(key)) {
        throw usageError(`unknown setting "${key}" in ${String(input.configFile)}; known: ${SETTING_NAMES.join(', ')}`);
      }
      merged[key] = coerce(key, value);
      sources[key] = layer.sourceOf(key);
    }
  }
  return toSettings(validated(merged, sources), sources);
}

function validated(merged: Record<string, unknown>, sources: Readonly<Record<SettingName, string>>): RawSettings {
  // The environment was merged above, with its source; convict must not read it a second time.
  const config = convict<RawSettings>(SETTINGS_SCHEMA, { env: {}, args: [] });
  config.load(merged);
  for (const name of SETTING_NAMES) {
    const problem = explain(name, config.get(name));
    if (problem !== undefined) {
      const isSecret = 'sensitive' in SETTINGS_SCHEMA[name];
      const value = isSecret ? '***' : redact(String(config.get(name)));
      throw usageError(`${sources[name]}: ${name} is "${value}": ${problem}`);
    }
  }
  config.validate({ allowed: 'strict' });
  return config.getProperties();
}

function explain(name: SettingName, value: unknown): string | undefined {
  const { format } = SETTINGS_SCHEMA[name];
  if (Array.isArray(format)) {
    return (format as readonly unknown[]).includes(value) ? undefined : `expected one of ${format.join(', ')}`;
  }
  try {
    format(value);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function toSettings(raw: RawSettings, sources: Readonly<Record<SettingName, string>>): Settings {
  return {
    zookeeper: raw.zookeeper,
    zookeeperAuth: raw.zookeeperAuth === '' ? undefined : raw.zookeeperAuth,
    ...zookeeperAccessOf(raw, sources),
    redis: raw.redis,
    storeTls: storeTlsOf(raw, sources),
    storeSentinel: storeSentinelOf(raw, sources),
    keyPrefix: raw.keyPrefix,
    sessionTimeoutMs: parseDuration(raw.sessionTimeout),
    connectTimeoutMs: parseDuration(raw.connectTimeout),
    replication: raw.replication,
    logLevel: raw.logLevel,
    sources,
  };
}

function localLayer(cwd: string): Layer {
  const path = join(cwd, LOCAL_ENV_FILE);
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // No file, or none that may be read: there is no local cluster here, which is the ordinary case.
  }
  return { values: fromEnvironment(Object.fromEntries(parseEnvFile(text))), sourceOf: () => LOCAL_ENV_FILE };
}

function configLayer(path: string | undefined): Layer {
  if (path === undefined) {
    return { values: {}, sourceOf: () => '' };
  }
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw usageError(`--config ${path}: ${messageOf(error).replace(/, open .*$/, '')}`, error);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw usageError(`--config ${path}: expected a JSON object such as {"zookeeper": "zk1:2181/pulsekeeper"}`);
  }
  const settings = flattened({ ...values }, path);
  return {
    values: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    sourceOf: (name) => {
      const written = settings.find((setting) => setting.name === name)?.path ?? name;
      return written === name ? path : `${path}: ${written}`;
    },
  };
}

/** Groups may be written as objects, as in the collector's file. */
function flattened(values: Readonly<Record<string, unknown>>, path: string): FileSetting[] {
  try {
    return flattenSettings(values);
  } catch (error) {
    throw usageError(`--config ${path}: ${messageOf(error)}`, error);
  }
}

function envLayer(env: SettingsInput['env']): Layer {
  return { values: fromEnvironment(env), sourceOf: (name) => SETTINGS_SCHEMA[name].env };
}

function flagLayer(flags: SettingsInput['flags']): Layer {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { values: Object.fromEntries(given), sourceOf: (name) => flagOf(name) };
}

/** An empty variable counts as not set, as Compose files and CI systems leave them. */
function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const value = env[SETTINGS_SCHEMA[name].env];
    if (value !== undefined && value !== '') {
      values[name] = value;
    }
  }
  return values;
}

/** Every process of a machine can read the command lines of all others. */
function refuseExposed(flags: SettingsInput['flags']): void {
  if (hasPassword(flags.redis ?? '')) {
    throw usageError(
      `--redis ${redact(flags.redis ?? '')}: a password does not belong on a command line, which everybody on this machine can read; set ${SETTINGS_SCHEMA.redis.env} instead`,
    );
  }
}

function coerce(name: SettingName, value: unknown): unknown {
  if (typeof value === 'boolean') {
    return String(value);
  }
  const isNumber = typeof SETTINGS_SCHEMA[name].default === 'number';
  return isNumber && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function isSettingName(key: string): key is SettingName {
  return (SETTING_NAMES as readonly string[]).includes(key);
}
