import type { StoreOptions } from '@pulsekeeper/store';

import { SETTINGS_SCHEMA, type RawSettings } from './settings-schema.ts';
import { readTlsFile, requireBothFiles } from './tls-files.ts';

/**
 * How the certificate of Redis is verified and ours is shown, for `rediss` URLs; of Sentinels and cluster nodes, too.
 *
 * @throws Error that names the setting, for a file that cannot be read, half of a client certificate, and a URL without TLS
 */
export function storeTlsOf(raw: RawSettings): StoreOptions['tls'] {
  requireBothFiles(raw, 'storeTlsCertFile', 'storeTlsKeyFile');
  const tls = {
    ...named('ca', readTlsFile(raw, 'storeTlsCaFile')),
    ...named('cert', readTlsFile(raw, 'storeTlsCertFile')),
    ...named('key', readTlsFile(raw, 'storeTlsKeyFile')),
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
