import { readFileSync } from 'node:fs';

import { SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';

/** A setting that names a PEM file. */
export type TlsFileSetting = SettingName & `${string}Tls${string}File`;

/** The content of the file that a setting names; undefined for none. @throws Error that names the setting */
export function readTlsFile(raw: RawSettings, name: TlsFileSetting): Buffer | undefined {
  const path = raw[name];
  if (path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/, open .*$/, '') : String(cause);
    throw new Error(`${SETTINGS_SCHEMA[name].env}: ${name} is ${JSON.stringify(path)}; ${problem}`, { cause });
  }
}

/** A client certificate is of no use without its key, nor the key without it. @throws Error that names the missing one */
export function requireBothFiles(raw: RawSettings, certificate: TlsFileSetting, key: TlsFileSetting): void {
  if ((raw[certificate] === '') === (raw[key] === '')) return;
  const missing = raw[certificate] === '' ? certificate : key;
  throw new Error(`${SETTINGS_SCHEMA[missing].env}: ${missing} is ""; a client certificate needs both its files`);
}
