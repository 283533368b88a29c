import type { Clock, Logger, Matcher } from '@pulsekeeper/model';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { StoreDriver } from './timeseries/driver-reader.ts';

/** How time series are written. */
export interface TimeseriesOptions {
  /**
   * Bytes that a series takes from the start and then again and again, a multiple of 8 from 48 to 1,048,576. Larger: fewer
   * chunks to look through in long ranges; smaller: less memory for series with few samples.
   * @defaultValue 256
   */
  readonly chunkBytes?: number | undefined;
  /**
   * With the driver `stream`: selectors of series that are written as time series, too.
   * @defaultValue none
   */
  readonly mirror?: readonly (readonly Matcher[])[] | undefined;
}

/** User and password of Sentinels that ask for them (`requirepass`, or a user of their ACL). */
export interface SentinelCredentials {
  /** @defaultValue the default user */
  readonly username?: string | undefined;
  readonly password: string;
}

/** Settings of {@link openStore}. */
export interface StoreOptions {
  /**
   * Where Redis (≥ 6.2) or Valkey is: `redis://[user:password@]host:port[/db]`, `rediss://…` (TLS),
   * `redis+sentinel://[user:password@]h1:26379,h2:26379/master[/db]`, `redis+cluster://[user:password@]h1:6379,h2:6379`;
   * `rediss+sentinel` and `rediss+cluster` with TLS.
   */
  readonly url: string;
  /** TLS settings (ca, cert, key, servername) for the `rediss` forms. @defaultValue Node's defaults */
  readonly tls?: TlsOptions | undefined;
  /**
   * Who we are to the Sentinels, for the `+sentinel` forms, where they ask for credentials; those in `url` are shown to
   * Redis alone.
   * @defaultValue none: the Sentinels are asked without
   */
  readonly sentinel?: SentinelCredentials | undefined;
  /** What every key begins with. Must not contain braces: they are Redis Cluster's hash tags. @defaultValue 'pulsekeeper' */
  readonly keyPrefix?: string | undefined;
  /**
   * Where samples are written: `stream`, one entry a scrape in a stream a target, on any Redis; or `timeseries`, a
   * RedisTimeSeries key a series, for those who want to read with `TS.RANGE`, Grafana or Redis Insight, at a hundred times
   * the server's work. Without it streams are written, and samples are read from where the cluster's writers say they are.
   */
  readonly driver?: StoreDriver | undefined;
  /** Settings of the time series. */
  readonly timeseries?: TimeseriesOptions | undefined;
  /** Name written into key frames: who wrote them. @defaultValue '' */
  readonly collector?: string | undefined;
  /** Age after which frames go, where the target has none of its own. @defaultValue 86_400_000 (24 h) */
  readonly retentionMs?: number | undefined;
  /**
   * Bytes of encoded frames that may wait for Redis, over all targets. Beyond it the oldest are dropped and counted.
   * A waiting frame of 1,000 series takes some 850 bytes: 60,000 of them, 10 minutes at 100,000 samples a second, took 48.8 MiB,
   * so the default holds about 50 minutes of that.
   * @defaultValue 268_435_456 (256 MiB)
   */
  readonly bufferBytes?: number | undefined;
  /**
   * How long written frames are kept to be written again when a fail-over lost them. Frames since the last key frame are
   * kept in any case. Longer covers longer replication lag and takes memory.
   * @defaultValue 60_000
   */
  readonly rewriteWindowMs?: number | undefined;
  /** Bound on the bytes kept for rewriting, over all targets. @defaultValue 134_217_728 (128 MiB) */
  readonly rewriteBytes?: number | undefined;
  /**
   * Slots from one key frame to the next, 1 to 120. Fewer: more bytes, less to read before a range.
   * @defaultValue 120
   */
  readonly keyFrameSlots?: number | undefined;
  /** Deadline of each command; afterwards its outcome counts as unknown and it is sent again. @defaultValue 2_000 */
  readonly commandTimeoutMs?: number | undefined;
  /** Deadline of a connection attempt. @defaultValue 5_000 */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * An append counts only after so many replicas have it (`WAIT`), at the price of a round trip to them. Without it a
   * fail-over may lose what was acknowledged; the rewrite window covers that.
   * @defaultValue { replicas: 0, timeoutMs: 1_000 }
   */
  readonly ack?: { readonly replicas: number; readonly timeoutMs?: number | undefined } | undefined;
  /**
   * Most frames a second that are sent after an outage, so that the backlog does not crowd out live readers.
   * @defaultValue 20_000
   */
  readonly drainFramesPerSecond?: number | undefined;
  /**
   * How long a frame may wait for others that go in the same call. Each call costs both sides a wake-up, so a writer of many
   * targets does well to wait a little; 0 sends at the end of each turn of the event loop.
   * @defaultValue 0
   */
  readonly lingerMs?: number | undefined;
  /**
   * File that `stop` saves unsent frames to when Redis is away, read and removed at the next `start`.
   * @defaultValue none: they are dropped
   */
  readonly spillPath?: string | undefined;
  /** How long `stop` waits for unsent frames to be written. @defaultValue 5_000 */
  readonly stopTimeoutMs?: number | undefined;
  /** @defaultValue silent */
  readonly logger?: Logger | undefined;
  /** @defaultValue the system clock */
  readonly clock?: Clock | undefined;
  /** Source of jitter, 0 ≤ x < 1. @defaultValue Math.random */
  readonly random?: (() => number) | undefined;
}
