import type { OptionDefinition } from './command.ts';
import { flagOf, SETTING_NAMES, SETTINGS_SCHEMA, type SettingName } from './settings/settings-schema.ts';

/** What the settings are called in `--help`; the rest of the help comes from the schema. */
const VALUE_NAMES: Readonly<Record<SettingName, string>> = {
  zookeeper: 'connect',
  zookeeperAuth: 'auth',
  zookeeperAcl: 'list',
  zookeeperTls: 'true|false',
  zookeeperTlsCaFile: 'file',
  zookeeperTlsCertFile: 'file',
  zookeeperTlsKeyFile: 'file',
  zookeeperTlsKeyPassphrase: 'text',
  zookeeperTlsServerName: 'name',
  redis: 'url',
  storeTlsCaFile: 'file',
  storeTlsCertFile: 'file',
  storeTlsKeyFile: 'file',
  storeTlsKeyPassphrase: 'text',
  storeTlsServerName: 'name',
  storeSentinelUsername: 'name',
  storeSentinelPassword: 'text',
  keyPrefix: 'prefix',
  sessionTimeout: 'duration',
  connectTimeout: 'duration',
  replication: 'n',
  logLevel: 'level',
};

/** The options that every command takes. Credentials have none on purpose: a command line is visible to everybody. */
export const GLOBAL_OPTIONS: readonly OptionDefinition[] = [
  { flags: '--json', description: 'answer with JSON of a stable shape' },
  { flags: '--config <file>', description: 'JSON file with settings' },
  ...SETTING_NAMES.filter((name) => !('sensitive' in SETTINGS_SCHEMA[name])).map((name) => ({
    flags: `${flagOf(name)} <${VALUE_NAMES[name]}>`,
    description: `${SETTINGS_SCHEMA[name].doc} (${SETTINGS_SCHEMA[name].env}${describeDefault(name)})`,
    values: valuesOf(name),
  })),
  { flags: '--no-color', description: 'no colours, also on a terminal (as NO_COLOR=1 does)' },
];

/** All values of a setting that has few. */
function valuesOf(name: SettingName): readonly string[] | undefined {
  const { format } = SETTINGS_SCHEMA[name];
  return Array.isArray(format) ? format : undefined;
}

function describeDefault(name: SettingName): string {
  const value = String(SETTINGS_SCHEMA[name].default);
  return value === '' ? '' : `; default ${value}`;
}
