import { readFileSync } from 'node:fs';

import { messageOf, usageError } from '../errors.ts';
import { SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';

/** What the settings of one server say of TLS, its files read; only what is given. */
export interface GivenTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly passphrase?: string;
  readonly serverName?: string;
}

/**
 * Reads the TLS settings of Redis (`storeTls`) or ZooKeeper (`zookeeperTls`); undefined where none is given. The settings
 * are the collector's.
 *
 * @throws CliError `Usage`, one line that names the setting, for a file that cannot be read and half of a client certificate
 */
export function readTls(
  raw: RawSettings,
  sources: Readonly<Record<SettingName, string>>,
  group: 'storeTls' | 'zookeeperTls',
): GivenTls | undefined {
  const [certificate, key] = [`${group}CertFile`, `${group}KeyFile`] as const;
  if ((raw[certificate] === '') !== (raw[key] === '')) {
    const missing = raw[certificate] === '' ? certificate : key;
    throw usageError(`${SETTINGS_SCHEMA[missing].env}: ${missing} is "": a client certificate needs both its files`);
  }
  const pemOf = (name: `${typeof group}${'Ca' | 'Cert' | 'Key'}File`): Buffer | undefined => {
    try {
      return raw[name] === '' ? undefined : readFileSync(raw[name]);
    } catch (error) {
      const problem = messageOf(error).replace(/, open .*$/, '');
      throw usageError(`${sources[name]}: ${name} is "${raw[name]}": ${problem}`, error);
    }
  };
  const all = {
    ca: pemOf(`${group}CaFile`),
    cert: pemOf(certificate),
    key: pemOf(key),
    passphrase: raw[`${group}KeyPassphrase`],
    serverName: raw[`${group}ServerName`],
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ''));
  return Object.keys(given).length === 0 ? undefined : given;
}
