import type { StoreOptions } from '@pulsekeeper/store';

import { SETTINGS_SCHEMA, type RawSettings } from './settings-schema.ts';

/**
 * Who the collector is to the Sentinels; undefined where they ask for nothing.
 *
 * @throws Error that names the setting, for a user without a password, and for a URL without Sentinels
 */
export function storeSentinelOf(raw: RawSettings): StoreOptions['sentinel'] {
  const { storeSentinelUsername: username, storeSentinelPassword: password } = raw;
  if (password === '') {
    if (username === '') return undefined;
    throw new Error(
      `${SETTINGS_SCHEMA.storeSentinelPassword.env}: storeSentinelPassword is ""; with storeSentinelUsername a password is expected`,
    );
  }
  if (!/^rediss?\+sentinel:/i.test(raw.redis)) {
    throw new Error(
      `${SETTINGS_SCHEMA.redis.env}: redis has no Sentinels; with storeSentinel settings expected redis+sentinel:// or rediss+sentinel://`,
    );
  }
  return { username: username === '' ? undefined : username, password };
}
