import type { StoreOptions } from '@pulsekeeper/store';

import { usageError } from '../errors.ts';
import { SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';

/**
 * Who we are to the Sentinels; undefined where they ask for nothing.
 *
 * @throws CliError `Usage`, one line that names the setting, for a user without a password and a URL without Sentinels
 */
export function storeSentinelOf(
  raw: RawSettings,
  sources: Readonly<Record<SettingName, string>>,
): StoreOptions['sentinel'] {
  const { storeSentinelUsername: username, storeSentinelPassword: password } = raw;
  if (password === '') {
    if (username === '') {
      return undefined;
    }
    const { env } = SETTINGS_SCHEMA.storeSentinelPassword;
    throw usageError(`${sources.storeSentinelUsername}: storeSentinelUsername is set: it needs ${env}`);
  }
  if (!/^rediss?\+sentinel:/i.test(raw.redis)) {
    throw usageError(
      `${sources.redis}: redis has no Sentinels: with storeSentinel settings expected redis+sentinel:// or rediss+sentinel://`,
    );
  }
  return { username: username === '' ? undefined : username, password };
}
