import { parseArgs } from 'node:util';

import { CollectorError } from '../errors.ts';
import { flagOf, isSensitive, SETTING_NAMES, SETTINGS_SCHEMA, type SettingName } from './settings-schema.ts';

/** What the command line asks for. */
export interface CommandLine {
  readonly action: 'run' | 'print-config' | 'help' | 'version';
  readonly configFile: string | undefined;
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
}

/**
 * Reads the arguments. @throws CollectorError `InvalidConfig` for a flag that does not exist or lacks its value.
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [flagOf(name), { type: 'string' as const }]));
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        ...settings,
        config: { type: 'string' },
        'print-config': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' },
      },
    }) as { values: Record<string, string | boolean | undefined> });
  } catch (cause) {
    const problem = cause instanceof Error ? (cause.message.split('. ', 1)[0] ?? '') : String(cause);
    throw new CollectorError('InvalidConfig', `${problem}; see --help`, { cause });
  }
  const flags: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) {
    const value = values[flagOf(name)];
    if (typeof value === 'string') flags[name] = value;
  }
  return { action: actionOf(values), configFile: textOf(values['config']), flags };
}

/** The text of `--help`. */
export function helpText(): string {
  const lines = SETTING_NAMES.map((name) => {
    const { doc, env } = SETTINGS_SCHEMA[name];
    if (isSensitive(name))
      return `  ${env}\n      ${doc}; not as a flag, which every process of the machine could read`;
    const initial = SETTINGS_SCHEMA[name].default;
    const shown = initial === '' ? '' : ` [${initial}]`;
    return `  --${flagOf(name)} VALUE\n      ${doc}${shown}\n      ${env}`;
  });
  return [
    'Usage: pulsekeeper-collector [--config FILE] [--print-config] [settings]',
    '',
    'Scrapes its share of the targets registered in ZooKeeper and writes the samples to Redis.',
    'Settings come from a JSON file, the environment and flags; the later wins.',
    '',
    '  --config FILE    settings as JSON, such as {"zookeeper": "zk1:2181/pulsekeeper"}',
    '  --print-config   print the settings, without credentials, and exit',
    '  -h, --help       print this text and exit',
    '  -V, --version    print the version and exit',
    '',
    ...lines,
    '',
    'Exit codes: 0 left in order, 1 failed, 2 wrong usage or settings, 3 ZooKeeper or Redis not reached.',
  ].join('\n');
}

function actionOf(values: Readonly<Record<string, unknown>>): CommandLine['action'] {
  if (values['help'] === true) return 'help';
  if (values['version'] === true) return 'version';
  return values['print-config'] === true ? 'print-config' : 'run';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
