import type { ZkSessionOptions } from '@pulsekeeper/zk-session';

import { usageError } from '../errors.ts';
import { SETTINGS_SCHEMA, type RawSettings, type SettingName } from './settings-schema.ts';
import { readTls } from './tls-files.ts';

/** How ZooKeeper is spoken to, and what it is told of who may touch the znodes that a command makes. */
export interface ZookeeperAccess {
  readonly zookeeperAcl: NonNullable<ZkSessionOptions['acl']>;
  /** Undefined for a connection without TLS. */
  readonly zookeeperTls: ZkSessionOptions['tls'];
}

/**
 * @throws CliError `Usage`, one line that names the setting, as `readTls`, and for an access control list that needs
 * credentials which are not there
 */
export function zookeeperAccessOf(raw: RawSettings, sources: Readonly<Record<SettingName, string>>): ZookeeperAccess {
  const given = readTls(raw, sources, 'zookeeperTls');
  const zookeeperAcl = aclOf(raw.zookeeperAcl);
  if (zookeeperAcl !== 'open' && raw.zookeeperAuth === '' && given?.cert === undefined) {
    const needed = `${SETTINGS_SCHEMA.zookeeperAuth.env} or ${SETTINGS_SCHEMA.zookeeperTlsCertFile.env}`;
    throw usageError(
      `${sources.zookeeperAcl}: zookeeperAcl is "${zookeeperAcl}": it needs ${needed}, since only who has shown credentials can own a znode`,
    );
  }
  return { zookeeperAcl, zookeeperTls: raw.zookeeperTls === 'true' ? (given ?? {}) : given };
}

function aclOf(text: string): 'open' | 'creator-all' | 'creator-all-world-read' {
  return text === 'creator-all' || text === 'creator-all-world-read' ? text : 'open';
}
