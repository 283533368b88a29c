import type { ExpositionFormat } from '@pulsekeeper/exposition';
import type { Clock, Logger } from '@pulsekeeper/model';

import { longestPollMs } from '@pulsekeeper/registry';
import type { StoreDriver, StoreOptions, TimeseriesOptions } from '@pulsekeeper/store';

import type { AclOption, ZkTlsOptions } from '@pulsekeeper/zk-session';

import type { ListenAddress } from './http/status-server.ts';

/** Settings of a {@link Collector}. Times in ms. */
export interface CollectorOptions {
  /** Name of the collector in ZooKeeper; unique in the cluster. */
  readonly id: string;
  /** Connect string with chroot, `h1:2181,h2:2181/pulsekeeper`. */
  readonly zookeeper: string;
  /** Credentials for ZooKeeper, `scheme:credentials`. @defaultValue none */
  readonly zookeeperAuth?: string | undefined;
  /**
   * Who may do what with the znodes that the collector makes. All but `open` need `zookeeperAuth` or a client certificate;
   * `creator-all-world-read` lets the CLI and other collectors look on without it. @defaultValue 'open'
   */
  readonly zookeeperAcl?: AclOption | undefined;
  /** TLS to ZooKeeper. @defaultValue plain TCP */
  readonly zookeeperTls?: ZkTlsOptions | undefined;
  /**
   * ZooKeeper session timeout. Shorter: a crash is noticed sooner; longer: more patience with slow machines.
   * @defaultValue 6_000
   */
  readonly sessionTimeoutMs?: number | undefined;
  /** URL of Redis, as `openStore` takes it. */
  readonly redis: string;
  /** What every key in Redis begins with. @defaultValue 'pulsekeeper' */
  readonly keyPrefix?: string | undefined;
  /** Age after which samples go, where the rule does not say. @defaultValue 86_400_000 */
  readonly retentionMs?: number | undefined;
  /** Bytes of frames that may wait while Redis is away. @defaultValue the store's */
  readonly bufferBytes?: number | undefined;
  /** How samples are kept, as `openStore` takes it. @defaultValue 'stream' */
  readonly storeDriver?: StoreDriver | undefined;
  /** How time series are written, as `openStore` takes it. @defaultValue the store's */
  readonly storeTimeseries?: TimeseriesOptions | undefined;
  /** TLS to Redis by a `rediss` URL, as `openStore` takes it. @defaultValue Node's defaults */
  readonly storeTls?: StoreOptions['tls'];
  /** Who we are to the Sentinels of a `+sentinel` URL, as `openStore` takes it. @defaultValue nobody */
  readonly storeSentinel?: StoreOptions['sentinel'];
  /** File for frames that Redis does not take before the collector leaves; of this collector alone. @defaultValue none: they are dropped */
  readonly storeSpillPath?: string | undefined;
  /** Replicas that must have a frame before it counts as written, as `openStore` takes it. @defaultValue none */
  readonly storeAck?: { readonly replicas: number; readonly timeoutMs?: number | undefined } | undefined;
  /** How far back frames are kept to be written again when a fail-over lost them. @defaultValue the store's */
  readonly storeRewriteWindowMs?: number | undefined;
  /** Where the HTTP server listens; port 0 takes a free one. @defaultValue 127.0.0.1:0 */
  readonly listen?: ListenAddress | undefined;
  /** Host under which others reach the HTTP server. @defaultValue the listen host; the host's name for a wildcard */
  readonly advertisedHost?: string | undefined;
  /** Owners per target. With more than one, the others scrape what the first did not. @defaultValue 1 */
  readonly replication?: number | undefined;
  /** Share of targets relative to other collectors. @defaultValue 1 */
  readonly capacity?: number | undefined;
  /**
   * Time from announcing a join or leave to the first slot that it holds for. It must cover how long others take to hear
   * of it; longer makes joining and leaving slower.
   * @defaultValue 0.6 × the session timeout, at least 1_500; when polling, and 1.1 × `pollIntervalMs` more
   */
  readonly handoverMs?: number | undefined;
  /**
   * How changes in ZooKeeper are found: `watch` within milliseconds; `poll` by reading everything every `pollIntervalMs`,
   * without watches on other nodes than its own. @defaultValue 'watch'
   */
  readonly discoveryMode?: 'watch' | 'poll' | undefined;
  /**
   * Time between two readings when polling (±10 %). Shorter: changes are found sooner; longer: less work for ZooKeeper.
   * @defaultValue 2_000
   */
  readonly pollIntervalMs?: number | undefined;
  /** Deadline of `stop`. @defaultValue 30_000 */
  readonly drainTimeoutMs?: number | undefined;
  /** How long `start` waits for ZooKeeper and Redis. @defaultValue 8_000 */
  readonly startTimeoutMs?: number | undefined;
  /** Most scrapes in flight. @defaultValue what the limit of open files allows, at most 4,096 */
  readonly maxConcurrentScrapes?: number | undefined;
  /** Networks, and names, that may be scraped although they are denied. @defaultValue none */
  readonly scrapeAllow?: readonly string[] | undefined;
  /** Further networks that may not be scraped, and names: `.internal.example` for all below. @defaultValue none */
  readonly scrapeDeny?: readonly string[] | undefined;
  /** Path of a file with profiles of credentials for targets, YAML or JSON. @defaultValue none */
  readonly credentialsFile?: string | undefined;
  /** Format of bodies without a known content type. @defaultValue none: they are refused */
  readonly fallbackFormat?: ExpositionFormat | undefined;
  /** Whether the collector registers itself as a target, `pulsekeeper-collector/<id>`. @defaultValue true */
  readonly registersItself?: boolean | undefined;
  /** How often the heartbeat is published. @defaultValue 2_000 */
  readonly heartbeatMs?: number | undefined;
  /** @defaultValue silent */
  readonly logger?: Logger | undefined;
  /** @defaultValue the system clock */
  readonly clock?: Clock | undefined;
  /** @defaultValue Math.random */
  readonly random?: (() => number) | undefined;
}

/** What a {@link Collector} does when it is told nothing else. */
export const DEFAULT_COLLECTOR_OPTIONS = {
  sessionTimeoutMs: 6_000,
  keyPrefix: 'pulsekeeper',
  storeDriver: 'stream',
  retentionMs: 86_400_000,
  listen: { host: '127.0.0.1', port: 0 },
  replication: 1,
  capacity: 1,
  discoveryMode: 'watch',
  pollIntervalMs: 2_000,
  drainTimeoutMs: 30_000,
  startTimeoutMs: 8_000,
  registersItself: true,
  heartbeatMs: 2_000,
} as const satisfies Partial<CollectorOptions>;

/** Least time that the news of a join or leave is given. */
const MIN_HANDOVER_MS = 1_500;

/** The part of a session timeout after which a broken link is noticed at the latest. */
const LINK_LOSS_SHARE = 0.6;

/**
 * The hand-over time for a session timeout: whoever does not hear the news by then knows that it is cut off, and looks
 * into the store before it scrapes.
 *
 * @param newsMs - How much later everybody hears of a change when they poll.
 */
export function defaultHandoverMs(sessionTimeoutMs: number, newsMs = 0): number {
  return newsMs + Math.max(MIN_HANDOVER_MS, Math.ceil(LINK_LOSS_SHARE * sessionTimeoutMs));
}

/** How long news of a change in ZooKeeper may take to a collector whose link is sound, beyond the odd millisecond. */
export function longestNewsMs(options: {
  readonly discoveryMode?: CollectorOptions['discoveryMode'];
  readonly pollIntervalMs: number;
}): number {
  return options.discoveryMode === 'poll' ? longestPollMs(options.pollIntervalMs) : 0;
}

/** Options with the defaults filled in. */
export type ResolvedCollectorOptions = CollectorOptions & {
  readonly [Name in keyof typeof DEFAULT_COLLECTOR_OPTIONS]-?: NonNullable<CollectorOptions[Name]>;
} & {
  readonly handoverMs: number;
  /** Whether the hand-over time follows from the session timeout, rather than being given. */
  readonly isHandoverDerived: boolean;
};

/**
 * Fills in the defaults.
 * @throws RangeError for a number that makes no sense.
 */
export function resolveCollectorOptions(options: CollectorOptions): ResolvedCollectorOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved = {
    ...DEFAULT_COLLECTOR_OPTIONS,
    ...given,
    id: options.id,
    zookeeper: options.zookeeper,
    redis: options.redis,
  };
  const newsMs = longestNewsMs(resolved);
  const handoverMs = options.handoverMs ?? defaultHandoverMs(resolved.sessionTimeoutMs, newsMs);
  const all: ResolvedCollectorOptions = {
    ...resolved,
    handoverMs,
    isHandoverDerived: options.handoverMs === undefined,
  };
  for (const name of [
    'sessionTimeoutMs',
    'retentionMs',
    'replication',
    'heartbeatMs',
    'startTimeoutMs',
    'pollIntervalMs',
  ] as const) {
    if (!(all[name] >= 1)) throw new RangeError(`${name} is ${all[name]}; it must be 1 or more`);
  }
  if (!(all.handoverMs >= 0)) throw new RangeError(`handoverMs is ${all.handoverMs}; it must be 0 or more`);
  if (all.discoveryMode === 'poll' && !(all.handoverMs > newsMs)) {
    throw new RangeError(
      `handoverMs ${all.handoverMs} must be more than ${newsMs}, 1.1 × pollIntervalMs ${all.pollIntervalMs}`,
    );
  }
  if (!(all.drainTimeoutMs >= all.handoverMs)) {
    throw new RangeError(`drainTimeoutMs ${all.drainTimeoutMs} is shorter than handoverMs ${all.handoverMs}`);
  }
  return all;
}

/**
 * The hand-over time in a session whose timeout the servers have settled: they may grant a longer one than was asked for
 * (at least two of their ticks), and whoever is cut off notices it the later.
 */
export function handoverInSession(options: ResolvedCollectorOptions, grantedTimeoutMs: number): number {
  const { handoverMs, isHandoverDerived } = options;
  return isHandoverDerived
    ? Math.max(handoverMs, defaultHandoverMs(grantedTimeoutMs, longestNewsMs(options)))
    : handoverMs;
}
