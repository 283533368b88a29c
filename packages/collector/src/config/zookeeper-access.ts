import { readFileSync } from 'node:fs';

import type { ZkTlsOptions } from '@pulsekeeper/zk-session';

import type { CollectorOptions } from '../collector-options.ts';
import { SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';

/**
 * How ZooKeeper is spoken to by the settings, and what it is told of who may touch our znodes.
 *
 * @throws Error that names the setting, for a file that cannot be read, half of a client certificate, and an access
 * control list that needs credentials which are not there
 */
export function zookeeperAccessOf(raw: RawSettings): Pick<CollectorOptions, 'zookeeperAcl' | 'zookeeperTls'> {
  const tls = tlsOf(raw);
  const acl = aclOf(raw.zookeeperAcl);
  if (acl !== 'open' && raw.zookeeperAuth === '' && tls?.cert === undefined) {
    const allowed =
      'it needs zookeeperAuth or zookeeperTlsCertFile, since only who has shown credentials can own a znode';
    throw new Error(`${SETTINGS_SCHEMA.zookeeperAcl.env}: zookeeperAcl is "${acl}"; ${allowed}`);
  }
  return { zookeeperAcl: acl, zookeeperTls: tls };
}

function aclOf(text: string): 'open' | 'creator-all' | 'creator-all-world-read' {
  return text === 'creator-all' || text === 'creator-all-world-read' ? text : 'open';
}

function tlsOf(raw: RawSettings): ZkTlsOptions | undefined {
  if ((raw.zookeeperTlsCertFile === '') !== (raw.zookeeperTlsKeyFile === '')) {
    const missing = raw.zookeeperTlsCertFile === '' ? 'zookeeperTlsCertFile' : 'zookeeperTlsKeyFile';
    throw new Error(`${SETTINGS_SCHEMA[missing].env}: ${missing} is ""; a client certificate needs both its files`);
  }
  const tls = {
    ca: fileOf(raw, 'zookeeperTlsCaFile'),
    cert: fileOf(raw, 'zookeeperTlsCertFile'),
    key: fileOf(raw, 'zookeeperTlsKeyFile'),
    passphrase: raw.zookeeperTlsKeyPassphrase === '' ? undefined : raw.zookeeperTlsKeyPassphrase,
    serverName: raw.zookeeperTlsServerName === '' ? undefined : raw.zookeeperTlsServerName,
  };
  const isWanted = raw.zookeeperTls || Object.values(tls).some((value) => value !== undefined);
  return isWanted ? tls : undefined;
}

function fileOf(raw: RawSettings, name: SettingName & `zookeeperTls${string}File`): Buffer | undefined {
  const path = raw[name];
  if (path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.replace(/, open .*$/, '') : String(cause);
    throw new Error(`${SETTINGS_SCHEMA[name].env}: ${name} is ${JSON.stringify(path)}; ${problem}`, { cause });
  }
}
