import type { SchemaObj } from 'convict';

import {
  checkByteSize,
  checkChunkBytes,
  checkCollectorId,
  checkConnectString,
  checkDuration,
  checkKeyPrefix,
  checkListenAddress,
  checkHosts,
  checkOptionalDuration,
  checkRedisUrl,
  checkZookeeperAuth,
  wholeNumber,
} from './settings-formats.ts';
import { parseSelectorList } from './selector-list.ts';

/** The settings of the collector as they are written, before they are read. */
export interface RawSettings {
  zookeeper: string;
  zookeeperAuth: string;
  zookeeperAcl: string;
  zookeeperTls: boolean;
  zookeeperTlsCaFile: string;
  zookeeperTlsCertFile: string;
  zookeeperTlsKeyFile: string;
  zookeeperTlsKeyPassphrase: string;
  zookeeperTlsServerName: string;
  sessionTimeout: string;
  redis: string;
  keyPrefix: string;
  store: string;
  retention: string;
  buffer: string;
  storeTlsCaFile: string;
  storeTlsCertFile: string;
  storeTlsKeyFile: string;
  storeTlsKeyPassphrase: string;
  storeTlsServerName: string;
  storeSentinelUsername: string;
  storeSentinelPassword: string;
  storeSpillPath: string;
  storeAck: number;
  storeAckTimeout: string;
  storeRewriteWindow: string;
  storeTimeseriesMirror: string | readonly string[];
  storeTimeseriesChunk: number;
  collectorId: string;
  listen: string;
  advertise: string;
  replication: number;
  capacity: number;
  handover: string;
  discoveryMode: string;
  discoveryPollInterval: string;
  startTimeout: string;
  drainTimeout: string;
  maxConcurrentScrapes: number;
  scrapeAllow: string | readonly string[];
  scrapeDeny: string | readonly string[];
  credentialsFile: string;
  fallbackFormat: string;
  selfRegistration: boolean;
  logLevel: string;
}

/** One setting: convict's description, with the environment variable always there. */
type Setting = SchemaObj<unknown> & { doc: string; env: string; default: string | number | boolean };

/**
 * Every setting with its meaning, default and environment variable: the single source of reading them, of `--help` and
 * of `docs/configuration.md`. The names of the environment variables do not change.
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
    doc: 'who may do what with the znodes that the collector makes; all but open need zookeeperAuth or a client certificate',
    format: ['open', 'creator-all', 'creator-all-world-read'],
    default: 'open',
    env: 'PULSEKEEPER_ZOOKEEPER_ACL',
  },
  zookeeperTls: {
    doc: 'whether to speak TLS with ZooKeeper; any of the following settings says so, too',
    format: Boolean,
    default: false,
    env: 'PULSEKEEPER_ZOOKEEPER_TLS',
  },
  zookeeperTlsCaFile: {
    doc: 'PEM file with the authorities that ZooKeeper is trusted by; empty: those of Node.js',
    format: String,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_CA_FILE',
  },
  zookeeperTlsCertFile: {
    doc: 'PEM file with the client certificate for ZooKeeper, its chain included',
    format: String,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_CERT_FILE',
  },
  zookeeperTlsKeyFile: {
    doc: 'PEM file with the key of the client certificate',
    format: String,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_KEY_FILE',
  },
  zookeeperTlsKeyPassphrase: {
    doc: 'pass phrase of the key of the client certificate',
    format: String,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_KEY_PASSPHRASE',
    sensitive: true,
  },
  zookeeperTlsServerName: {
    doc: 'name that the certificate of every ZooKeeper server must carry; empty: the host in the connect string',
    format: String,
    default: '',
    env: 'PULSEKEEPER_ZOOKEEPER_TLS_SERVER_NAME',
  },
  sessionTimeout: {
    doc: 'ZooKeeper session timeout: how soon the crash of a collector is noticed',
    format: checkDuration,
    default: '6s',
    env: 'PULSEKEEPER_SESSION_TIMEOUT',
  },
  redis: {
    doc: 'Redis URL: redis://, rediss://, redis+sentinel:// or redis+cluster://',
    format: checkRedisUrl,
    default: 'redis://127.0.0.1:6379',
    env: 'PULSEKEEPER_REDIS',
  },
  keyPrefix: {
    doc: 'what all keys of the cluster in Redis begin with',
    format: checkKeyPrefix,
    default: 'pulsekeeper',
    env: 'PULSEKEEPER_KEY_PREFIX',
  },
  store: {
    doc: 'how samples are kept in Redis: stream, in one stream a target; timeseries, in one RedisTimeSeries key a series',
    format: ['stream', 'timeseries'],
    default: 'stream',
    env: 'PULSEKEEPER_STORE',
  },
  retention: {
    doc: 'age after which samples go, where the rule of the target does not say',
    format: checkDuration,
    default: '24h',
    env: 'PULSEKEEPER_RETENTION',
  },
  buffer: {
    doc: 'most memory for samples that wait while Redis is away',
    format: checkByteSize,
    default: '256MiB',
    env: 'PULSEKEEPER_BUFFER',
  },
  storeTlsCaFile: {
    doc: 'PEM file with the authorities that Redis is trusted by, for rediss URLs; empty: those of Node.js',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_CA_FILE',
  },
  storeTlsCertFile: {
    doc: 'PEM file with the client certificate for Redis, its chain included',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_CERT_FILE',
  },
  storeTlsKeyFile: {
    doc: 'PEM file with the key of that client certificate',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_KEY_FILE',
  },
  storeTlsKeyPassphrase: {
    doc: 'pass phrase of the key of that client certificate',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_KEY_PASSPHRASE',
    sensitive: true,
  },
  storeTlsServerName: {
    doc: 'name that the certificate of every Redis server must carry; empty: the host that is connected to',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_TLS_SERVER_NAME',
  },
  storeSentinelUsername: {
    doc: 'user of the Sentinels of a redis+sentinel URL, where they have users; needs storeSentinelPassword',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_SENTINEL_USERNAME',
  },
  storeSentinelPassword: {
    doc: 'password of the Sentinels of a redis+sentinel URL, where they ask for one; the URL has that of Redis',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_SENTINEL_PASSWORD',
    sensitive: true,
  },
  storeSpillPath: {
    doc: 'file of this collector alone for samples that Redis does not take before it leaves, read at the next start; empty: they are dropped',
    format: String,
    default: '',
    env: 'PULSEKEEPER_STORE_SPILL_PATH',
  },
  storeAck: {
    doc: 'replicas of Redis that must have samples before they count as written; not with redis+cluster',
    format: wholeNumber(0, 100),
    default: 0,
    env: 'PULSEKEEPER_STORE_ACK',
  },
  storeAckTimeout: {
    doc: 'how long the replicas are waited for before samples are sent again; below 2s',
    format: checkDuration,
    default: '1s',
    env: 'PULSEKEEPER_STORE_ACK_TIMEOUT',
  },
  storeRewriteWindow: {
    doc: 'how far back samples are kept to be written again when a fail-over of Redis lost them',
    format: checkDuration,
    default: '60s',
    env: 'PULSEKEEPER_STORE_REWRITE_WINDOW',
  },
  storeTimeseriesMirror: {
    doc: 'with store stream: selectors of series that are written as RedisTimeSeries keys, too, separated by semicolons',
    format: parseSelectorList,
    default: '',
    env: 'PULSEKEEPER_STORE_TIMESERIES_MIRROR',
  },
  storeTimeseriesChunk: {
    doc: 'bytes that a RedisTimeSeries key takes at once, a multiple of 8; more for long ranges, fewer for few samples',
    format: checkChunkBytes,
    default: 256,
    env: 'PULSEKEEPER_STORE_TIMESERIES_CHUNK',
  },
  collectorId: {
    doc: 'name of the collector; empty: the name of the host and a random suffix',
    format: checkCollectorId,
    default: '',
    env: 'PULSEKEEPER_COLLECTOR_ID',
  },
  listen: {
    doc: 'address of the HTTP server with metrics and state; port 0 takes a free one',
    format: checkListenAddress,
    default: '127.0.0.1:0',
    env: 'PULSEKEEPER_LISTEN',
  },
  advertise: {
    doc: 'host under which others reach the HTTP server; empty: the one it listens on',
    format: String,
    default: '',
    env: 'PULSEKEEPER_ADVERTISE',
  },
  replication: {
    doc: 'owners per target; the further ones scrape what the first did not',
    format: wholeNumber(1, 16),
    default: 1,
    env: 'PULSEKEEPER_REPLICATION',
  },
  capacity: {
    doc: 'share of the targets relative to other collectors',
    format: wholeNumber(1, 100),
    default: 1,
    env: 'PULSEKEEPER_CAPACITY',
  },
  handover: {
    doc: 'time from announcing a join or leave until it holds; empty: 0.6 of the session timeout, at least 1.5s, and 1.1 poll intervals more when polling',
    format: checkOptionalDuration,
    default: '',
    env: 'PULSEKEEPER_HANDOVER',
  },
  discoveryMode: {
    doc: 'how changes in ZooKeeper are found: by watches, or by reading everything now and then',
    format: ['watch', 'poll'],
    default: 'watch',
    env: 'PULSEKEEPER_DISCOVERY_MODE',
  },
  discoveryPollInterval: {
    doc: 'time between two readings (±10 %) when discoveryMode is poll',
    format: checkDuration,
    default: '2s',
    env: 'PULSEKEEPER_DISCOVERY_POLL_INTERVAL',
  },
  startTimeout: {
    doc: 'how long to wait for ZooKeeper and Redis at the start',
    format: checkDuration,
    default: '8s',
    env: 'PULSEKEEPER_START_TIMEOUT',
  },
  drainTimeout: {
    doc: 'deadline for leaving in order after SIGTERM',
    format: checkDuration,
    default: '30s',
    env: 'PULSEKEEPER_DRAIN_TIMEOUT',
  },
  maxConcurrentScrapes: {
    doc: 'most scrapes in flight; 0: what the limit of open files allows, at most 4096',
    format: wholeNumber(0, 4096),
    default: 0,
    env: 'PULSEKEEPER_MAX_CONCURRENT_SCRAPES',
  },
  scrapeAllow: {
    doc: 'networks in CIDR form, and names, that may be scraped although they are denied, separated by commas',
    format: checkHosts,
    default: '',
    env: 'PULSEKEEPER_SCRAPE_ALLOW',
  },
  scrapeDeny: {
    doc: 'further networks that may not be scraped, and names such as .internal.example, separated by commas',
    format: checkHosts,
    default: '',
    env: 'PULSEKEEPER_SCRAPE_DENY',
  },
  credentialsFile: {
    doc: 'file with profiles of credentials for targets, YAML or JSON; empty: none',
    format: String,
    default: '',
    env: 'PULSEKEEPER_CREDENTIALS_FILE',
  },
  fallbackFormat: {
    doc: 'format of bodies without a known content type; none refuses them',
    format: ['none', 'prometheus-text', 'openmetrics'],
    default: 'none',
    env: 'PULSEKEEPER_FALLBACK_FORMAT',
  },
  selfRegistration: {
    doc: 'whether the collector registers itself as a target, pulsekeeper-collector/<id>',
    format: Boolean,
    default: true,
    env: 'PULSEKEEPER_SELF_REGISTRATION',
  },
  logLevel: {
    doc: 'level of the log on standard output',
    format: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    env: 'PULSEKEEPER_LOG_LEVEL',
  },
} satisfies Record<keyof RawSettings, Setting>;

/** The name of a setting, as in a configuration file. */
export type SettingName = keyof RawSettings;

/** All names, in the order of the schema. */
export const SETTING_NAMES = Object.keys(SETTINGS_SCHEMA) as readonly SettingName[];

/** The flag of a setting: `--session-timeout` for `sessionTimeout`. */
export function flagOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whether the value of a setting must not be shown. */
export function isSensitive(name: SettingName): boolean {
  return 'sensitive' in SETTINGS_SCHEMA[name];
}
