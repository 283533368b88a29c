import type { SchemaObj } from 'convict';

import {
  checkConnectString,
  checkDuration,
  checkKeyPrefix,
  checkRedisUrl,
  checkReplication,
  checkText,
  checkZookeeperAuth,
} from './settings-formats.ts';

/** The settings of `pulsekeeper` as they are written, before they are parsed. */
export interface RawSettings {
  zookeeper: string;
  zookeeperAuth: string;
  zookeeperAcl: string;
  zookeeperTls: string;
  zookeeperTlsCaFile: string;
  zookeeperTlsCertFile: string;
  zookeeperTlsKeyFile: string;
  zookeeperTlsKeyPassphrase: string;
  zookeeperTlsServerName: string;
  redis: string;
  storeTlsCaFile: string;
  storeTlsCertFile: string;
  storeTlsKeyFile: string;
  storeTlsKeyPassphrase: string;
  storeTlsServerName: string;
  storeSentinelUsername: string;
  storeSentinelPassword: string;
  keyPrefix: string;
  sessionTimeout: string;
  connectTimeout: string;
  replication: number;
  logLevel: string;
}

/** The levels of pino. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/**
 * Every setting with its meaning, default and environment variable: the single source of the parsing and of `--help`; a
 * test holds the table in `docs/cli.md` against it. The names of the environment variables are shared with the collector and do not change.
 */
export const SETTINGS_SCHEMA = {
  zookeeper: {
    doc: 'ZooKeeper connect string, with the chroot of the cluster at its end',
    format: checkConnectString,
    default: '127.0.0.1:2181/pulsekeeper',
    env: 'PULSEKEEPER_ZOOKEEPER',
  },
  zookeeperAuth: {
    doc: 'ZooKeeper credentials as scheme:credentials, such as digest:user:password',
    format: checkZookeeperAuth,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_AUTH',
    sensitive: true,
  },
  zookeeperAcl: {
    doc: 'who may do what with the znodes that a command makes; all but open need zookeeperAuth or a client certificate',
    format: ['open', 'creator-all', 'creator-all-world-read'],
    default: 'open',
    env: 'PULSEKEEPER_ZOOKEEPER_ACL',
  },
  zookeeperTls: {
    doc: 'whether to speak TLS with ZooKeeper, true or false; any of the following settings says so, too',
    format: ['true', 'false'],
    default: 'false',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS',
  },
  zookeeperTlsCaFile: {
    doc: 'PEM file with the authorities that ZooKeeper is trusted by; empty: those of Node.js',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE',
  },
  zookeeperTlsCertFile: {
    doc: 'PEM file with the client certificate for ZooKeeper, its chain included',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_CERT_FILE',
  },
  zookeeperTlsKeyFile: {
    doc: 'PEM file with the key of that client certificate',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_KEY_FILE',
  },
  zookeeperTlsKeyPassphrase: {
    doc: 'pass phrase of the key of that client certificate',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_KEY_PASSPHRASE',
    sensitive: true,
  },
  zookeeperTlsServerName: {
    doc: 'name that the certificate of every ZooKeeper server must carry; empty: the host in the connect string',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_SERVER_NAME',
  },
  redis: {
    doc: 'Redis URL: redis://, rediss://, redis+sentinel:// or redis+cluster://',
    format: checkRedisUrl,
    default: 'redis://127.0.0.1:6379',
    env: 'PULSEKEEPER_REDIS',
  },
  storeTlsCaFile: {
    doc: 'PEM file with the authorities that Redis is trusted by, for rediss URLs; empty: those of Node.js',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_CA_FILE',
  },
  storeTlsCertFile: {
    doc: 'PEM file with the client certificate for Redis, its chain included',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_CERT_FILE',
  },
  storeTlsKeyFile: {
    doc: 'PEM file with the key of that client certificate',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_KEY_FILE',
  },
  storeTlsKeyPassphrase: {
    doc: 'pass phrase of the key of that client certificate',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_KEY_PASSPHRASE',
    sensitive: true,
  },
  storeTlsServerName: {
    doc: 'name that the certificate of every Redis server must carry; empty: the host that is connected to',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_SERVER_NAME',
  },
  storeSentinelUsername: {
    doc: 'user of the Sentinels of a redis+sentinel URL, where they have users; needs storeSentinelPassword',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_SENTINEL_USERNAME',
  },
  storeSentinelPassword: {
    doc: 'password of the Sentinels of a redis+sentinel URL, where they ask for one; the URL has that of Redis',
    format: checkText,
    default: '',
    env: 'PULSEKEEPER_STORE_SENTINEL_PASSWORD',
    sensitive: true,
  },
  keyPrefix: {
    doc: 'what all keys of the cluster in Redis begin with',
    format: checkKeyPrefix,
    default: 'pulsekeeper',
    env: 'PULSEKEEPER_KEY_PREFIX',
  },
  sessionTimeout: {
    doc: 'ZooKeeper session timeout',
    format: checkDuration,
    default: '6s',
    env: 'PULSEKEEPER_SESSION_TIMEOUT',
  },
  connectTimeout: {
    doc: 'how long to wait for ZooKeeper and for Redis before giving up',
    format: checkDuration,
    default: '5s',
    env: 'PULSEKEEPER_CONNECT_TIMEOUT',
  },
  replication: {
    doc: 'owners per target, 1 to 16; unless it is set, found by the ring that the collectors publish',
    format: checkReplication,
    default: 1,
    env: 'PULSEKEEPER_REPLICATION',
  },
  logLevel: {
    doc: 'level of the log on standard error, for tracing what happens below the commands',
    format: [...LOG_LEVELS],
    default: 'silent',
    // Not the collector's variable: in an environment shared with it, every answer would come with a log.
    env: 'PULSEKEEPER_CLI_LOG_LEVEL',
  },
} satisfies Record<keyof RawSettings, SchemaObj<unknown>>;

/** The option of a setting: `--session-timeout` for `sessionTimeout`. */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The name of a setting. */
export type SettingName = keyof RawSettings;

/** All names, in the order of the schema. */
export const SETTING_NAMES = Object.keys(SETTINGS_SCHEMA) as readonly SettingName[];
