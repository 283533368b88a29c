import type { CollectorStatus } from './collector-status.ts';
import type { FrameReader, ReadOptions } from './frame-reader.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { StoreDriver } from './timeseries/driver-reader.ts';
import type { TimeseriesHealth } from './timeseries/series-counters.ts';

/** Where the store stands towards Redis. `degraded`: connected, but appends are refused or wait. */
export type StoreState = 'idle' | 'connecting' | 'ready' | 'degraded' | 'stopped';

/** A snapshot for metrics and status; counters never fall while the store lives. */
export interface StoreHealth {
  readonly state: StoreState;
  /** Frames and bytes that wait for Redis. */
  readonly bufferedFrames: number;
  readonly bufferedBytes: number;
  /** Age of the oldest waiting frame's slot; 0 when none waits. */
  readonly bufferedAgeMs: number;
  readonly writtenFrames: number;
  readonly lateFrames: number;
  readonly doubledFrames: number;
  readonly droppedFrames: number;
  /** Frames written a second time after Redis had lost them. */
  readonly rewrittenFrames: number;
  /** Frames that readers could not decode. */
  readonly corruptFrames: number;
  readonly writtenBytes: number;
  /** Dropped frames by target, the worst first, at most 100 targets. */
  readonly droppedByTarget: Readonly<Record<string, number>>;
  /** Replies by class (`LOADING`, `OOM`, `timeout`, …) since the start. */
  readonly errors: Readonly<Record<string, number>>;
  /** What was written as time series, where any are. */
  readonly timeseries: TimeseriesHealth | undefined;
  /** The last failure to append, to connect or to stay connected; it stays when all is well again. */
  readonly lastError: { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
}

/** What a server promises, for `pulsekeeper doctor` and the log at start. */
export interface ServerInspection {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly version: string;
  readonly role: string;
  readonly persistence: 'none' | 'rdb' | 'aof';
  readonly maxMemoryBytes: number;
  readonly usedMemoryBytes: number;
  readonly evictionPolicy: string;
  readonly connectedReplicas: number;
  /** Where the cluster's samples are; `undefined` when the server was not asked. */
  readonly driver?: StoreDriver | undefined;
  /** Version of RedisTimeSeries, where the server has it and tells it. */
  readonly timeseriesVersion?: string | undefined;
  readonly clockSkewMs: number;
  /** Each a full sentence: what it is and what it can cost. Empty when all is well. */
  readonly warnings: readonly string[];
}

/** Samples in Redis streams. Get one from {@link openStore}. */
export interface Store {
  /** Takes frames; appends wait in the buffer while there is no connection. */
  readonly writer: FrameWriter;
  /** Reads what any writer stored, over a connection of its own. */
  readonly reader: FrameReader;
  /**
   * Connects. Resolves once Redis answered, rejects with a {@link StoreError} when it refuses for good (credentials; older
   * than 6.2; it has no commands for time series where they are needed; the samples are by another driver), when `signal`
   * aborts, or when the store is stopped meanwhile (`Closed`). With `waitForConnection: false` it resolves at once and
   * connects in the background for ever; appends wait in the buffer meanwhile.
   */
  start(options?: { signal?: AbortSignal | undefined; waitForConnection?: boolean | undefined }): Promise<void>;
  /** Writes what waits (within `stopTimeoutMs`), spills or drops the rest, closes the connections. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when the store is stopped: with the error that ended its start, or `undefined` after {@link Store.stop}. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Settles when everything appended so far has its outcome. */
  flush(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  health(): StoreHealth;
  /** The clock of Redis, Unix ms with fractions; of a cluster always that of the same primary. @throws StoreError */
  readServerTime(): Promise<number>;
  /** One entry a server (primaries of a cluster). */
  inspectServer(options?: ReadOptions): Promise<ServerInspection[]>;
  /** Keeps a collector's status for `ttlMs`, in the place of the one before. @throws StoreError */
  publishCollectorStatus(id: string, status: CollectorStatus, ttlMs: number): Promise<void>;
  /** The statuses whose time is not over, in the order of ids. @throws StoreError */
  readCollectorStatuses(options?: ReadOptions): Promise<CollectorStatus[]>;
  [Symbol.asyncDispose](): Promise<void>;
}
