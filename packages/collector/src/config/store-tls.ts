import { readFileSync } from 'node:fs';

import type { StoreOptions } from '@pulsekeeper/store';

import { SETTINGS_SCHEMA, type RawSettings } from './settings-schema.ts';

/**
 * How the certificate of Redis is verified and ours is shown, for `rediss` URLs; of Sentinels and cluster nodes, too.
 *
 * @throws Error that names the setting, for a file that cannot be read, half of a client certificate, and a URL without TLS
 */
export function storeTlsOf(raw: RawSettings): StoreOptions['tls'] {
  if ((raw.storeTlsCertFile === '') !== (raw.storeTlsKeyFile === '')) {
    const missing = raw.storeTlsCertFile === '' ? 'storeTlsCertFile' : 'storeTlsKeyFile';
    throw new Error(`${SETTINGS_SCHEMA[missing].env}: ${missing} is ""; a client certificate needs both its files`);
  }
  const tls = {
    ...named('ca', fileOf(raw, 'storeTlsCaFile')),
    ...named('cert', fileOf(raw, 'storeTlsCertFile')),
    ...named('key', fileOf(raw, 'storeTlsKeyFile')),
    ...named('passphrase', raw.storeTlsKeyPassphrase === '' ? undefined : raw.storeTlsKeyPassphrase),
    ...named('servername', raw.storeTlsServerName === '' ? undefined : raw.storeTlsServerName),
  };
  if (Object.keys(tls).length === 0) return undefined;
  if (!/^rediss\b/i.test(raw.redis)) {
    throw new Error(`${SETTINGS_SCHEMA.redis.env}: redis speaks no TLS; with storeTls settings expected rediss://`);
  }
  return tls;
}

function named<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}

function fileOf(raw: RawSettings, name: 'storeTlsCaFile' | 'storeTlsCertFile' | 'storeTlsKeyFile'): Buffer | undefined {
  const path = raw[name];
  if (path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/, open .*$/, '') : String(cause);
    throw new Error(`${SETTINGS_SCHEMA[name].env}: ${name} is ${JSON.stringify(path)}; ${problem}`, { cause });
  }
}
