import type { ZkTlsOptions } from '@pulsekeeper/zk-session';

import type { CollectorOptions } from '../collector-options.ts';
import { SETTINGS_SCHEMA, type RawSettings } from './settings-schema.ts';
import { readTlsFile, requireBothFiles } from './tls-files.ts';

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
  requireBothFiles(raw, 'zookeeperTlsCertFile', 'zookeeperTlsKeyFile');
  const tls = {
    ca: readTlsFile(raw, 'zookeeperTlsCaFile'),
    cert: readTlsFile(raw, 'zookeeperTlsCertFile'),
    key: readTlsFile(raw, 'zookeeperTlsKeyFile'),
    passphrase: raw.zookeeperTlsKeyPassphrase === '' ? undefined : raw.zookeeperTlsKeyPassphrase,
    serverName: raw.zookeeperTlsServerName === '' ? undefined : raw.zookeeperTlsServerName,
  };
  const isWanted = raw.zookeeperTls || Object.values(tls).some((value) => value !== undefined);
  return isWanted ? tls : undefined;
}
