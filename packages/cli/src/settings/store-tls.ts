import { readFileSync } from 'node:fs';

import type { StoreOptions } from '@pulsekeeper/store';

import { messageOf, usageError } from '../errors.ts';
import { SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';

/**
 * How the certificate of Redis is verified and ours is shown, for `rediss` URLs; of Sentinels and cluster nodes, too. The
 * settings are the collector's.
 *
 * @throws CliError `Usage`, one line that names the setting, for a file that cannot be read, half of a client
 * certificate, and a URL without TLS
 */
export function storeTlsOf(raw: RawSettings, sources: Readonly<Record<SettingName, string>>): StoreOptions['tls'] {
  const { storeTlsCertFile, storeTlsKeyFile } = raw;
  if ((storeTlsCertFile === '') !== (storeTlsKeyFile === '')) {
    const missing = storeTlsCertFile === '' ? 'storeTlsCertFile' : 'storeTlsKeyFile';
    throw usageError(`${SETTINGS_SCHEMA[missing].env}: ${missing} is "": a client certificate needs both its files`);
  }
  const pemOf = (name: 'storeTlsCaFile' | 'storeTlsCertFile' | 'storeTlsKeyFile'): Buffer | undefined => {
    try {
      return raw[name] === '' ? undefined : readFileSync(raw[name]);
    } catch (error) {
      const problem = messageOf(error).replace(/, open .*$/, '');
      throw usageError(`${sources[name]}: ${name} is "${raw[name]}": ${problem}`, error);
    }
  };
  const given = {
    ca: pemOf('storeTlsCaFile'),
    cert: pemOf('storeTlsCertFile'),
    key: pemOf('storeTlsKeyFile'),
    passphrase: raw.storeTlsKeyPassphrase,
    servername: raw.storeTlsServerName,
  };
  const tls = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''));
  if (Object.keys(tls).length === 0) {
    return undefined;
  }
  if (!/^rediss\b/i.test(raw.redis)) {
    throw usageError(`${sources.redis}: redis speaks no TLS: with storeTls settings expected rediss://`);
  }
  return tls;
}
