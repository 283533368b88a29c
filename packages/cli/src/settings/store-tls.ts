import type { StoreOptions } from '@pulsekeeper/store';

import { usageError } from '../errors.ts';
import type { RawSettings, SettingName } from './settings-schema.ts';
import { readTls } from './tls-files.ts';

/**
 * How the certificate of Redis is verified and ours is shown, for `rediss` URLs; of Sentinels and cluster nodes, too.
 *
 * @throws CliError `Usage`, one line that names the setting, as `readTls`, and for a URL without TLS
 */
export function storeTlsOf(raw: RawSettings, sources: Readonly<Record<SettingName, string>>): StoreOptions['tls'] {
  const given = readTls(raw, sources, 'storeTls');
  if (given === undefined) {
    return undefined;
  }
  if (!/^rediss\b/i.test(raw.redis)) {
    throw usageError(`${sources.redis}: redis speaks no TLS: with storeTls settings expected rediss://`);
  }
  const { serverName, ...tls } = given;
  return serverName === undefined ? tls : { ...tls, servername: serverName };
}
