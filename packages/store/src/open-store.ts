import { deferred } from '@pulsekeeper/model';
import type { CollectorStatus } from './collector-status.ts';
import { publishStatus, readStatuses } from './collector-statuses.ts';
import { StoreError } from './errors.ts';
import type { FrameReader, ReadOptions } from './frame-reader.ts';
import type { FrameWriter } from './frame-writer.ts';
import { normalizeOptions, type NormalStoreOptions } from './normal-options.ts';
import { throwIfAborted } from './reader/frame-scan.ts';
import { StreamReader } from './reader/stream-reader.ts';
import { askInfo, inspectServers, type PrimaryInfo } from './redis/inspect-server.ts';
import { keyLayout, type KeyLayout } from './redis/key-layout.ts';
import { RedisConnection } from './redis/redis-connection.ts';
import { parseRedisUrl, redactRedisUrl, type RedisLocation } from './redis/redis-url.ts';
import { classOfError } from './redis/reply-error.ts';
import { requireVersion } from './redis/require-version.ts';
import { readServerTime } from './redis/server-time.ts';
import { whenReady } from './redis/when-ready.ts';
import type { ServerInspection, Store, StoreHealth, StoreState } from './store.ts';
import type { StoreOptions } from './store-options.ts';
import type { DriverReader } from './timeseries/driver-reader.ts';
import { StoreDriverParts } from './timeseries/store-driver.ts';
import { FrameSpill } from './writer/frame-spill.ts';
import { StreamWriter } from './writer/stream-writer.ts';

/**
 * A store of frames in Redis streams. Nothing is connected before {@link Store.start}.
 *
 * @example
 * ```ts
 * const store = openStore({ url: 'redis://127.0.0.1:6379' });
 * await store.start();
 * const target = store.writer.open({ id: targetId('api', 'a1'), labels: { service: 'api', instance: 'a1' } });
 * await target.append(frame); // 'written'
 * for await (const { labels, values } of store.reader.select(parseSelector('up'), fromMs, toMs)) console.log(labels, values);
 * await store.stop();
 * ```
 * @throws StoreError with code `InvalidOption`
 */
export function openStore(options: StoreOptions): Store {
  return new StreamStore(normalizeOptions(options));
}

class StreamStore implements Store {
  readonly #options: NormalStoreOptions;
  readonly #location: RedisLocation;
  readonly #keys: KeyLayout;
  readonly #appends: RedisConnection;
  readonly #reads: RedisConnection;
  readonly #writer: StreamWriter;
  readonly #driver: StoreDriverParts;
  readonly #reader: DriverReader;
  readonly #spill: FrameSpill | undefined;
  #phase: 'idle' | 'started' | 'stopped' = 'idle';
  #stopped: Promise<void> | undefined;
  /** Rejects what waits for a connection when the store is stopped. */
  readonly #closing = deferred<never>();
  readonly #closed = deferred<Error | undefined>();
  #restoring: Promise<void> | undefined;
  /** What the servers said of themselves when the connection for appends last became ready. */
  #greeting: Promise<readonly PrimaryInfo[]> | undefined;

  constructor(options: NormalStoreOptions) {
    this.#options = options;
    // Nobody may wait.
    this.#closing.promise.catch(() => undefined);
    this.#location = parseRedisUrl(options.url);
    this.#keys = keyLayout(options.keyPrefix);
    this.#appends = this.#newConnection('pulsekeeper-append');
    this.#reads = this.#newConnection('pulsekeeper-read');
    const { clock, logger } = options;
    const parts = { appends: this.#appends, reads: this.#reads, keys: this.#keys };
    this.#driver = new StoreDriverParts(options, parts);
    this.#writer = new StreamWriter({
      ...options,
      connection: this.#appends,
      lookups: this.#reads,
      keys: this.#keys,
      companion: this.#driver.seriesWriter,
    });
    this.#spill = options.spillPath === undefined ? undefined : new FrameSpill(options.spillPath, this.#writer, logger);
    this.#reader = this.#driver.readerOf(
      new StreamReader({ connection: this.#reads, keys: this.#keys, clock, logger }),
    );
  }

  get writer(): FrameWriter {
    return this.#writer;
  }

  get reader(): FrameReader {
    return this.#reader;
  }

  async start(
    options: { signal?: AbortSignal | undefined; waitForConnection?: boolean | undefined } = {},
  ): Promise<void> {
    if (this.#phase !== 'idle') throw new StoreError('Closed', `the store was ${this.#phase} before`);
    options.signal?.throwIfAborted();
    this.#phase = 'started';
    this.#restoring = this.#spill?.restore();
    await this.#restoring;
    if (this.#stopped !== undefined) throw new StoreError('Closed', 'the store was stopped while it started');
    this.#appends.open();
    this.#reads.open();
    this.#writer.start();
    this.#appends.on('ready', () => {
      this.#greeting = askInfo(this.#appends);
      void this.#inspectAtStart(this.#greeting);
    });
    if (options.waitForConnection === false) return;
    try {
      const closing = this.#closing.promise;
      await Promise.all(
        [this.#appends, this.#reads].map((connection) => whenReady(connection, options.signal, closing)),
      );
      await requireVersion(this.#greeting ?? askInfo(this.#appends));
      await this.#driver.check();
    } catch (error) {
      await this.#close(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#close(undefined);
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  async flush(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    if (signal === undefined) return this.#writer.idle();
    const aborted = deferred<never>();
    const onAbort = (): void =>
      aborted.reject(new StoreError('Aborted', 'flushing was aborted', { cause: signal.reason }));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#writer.idle(), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  health(): StoreHealth {
    const { counters } = this.#writer;
    const oldestMs = this.#writer.oldestWaitingSlotMs();
    return {
      state: this.#state(),
      bufferedFrames: this.#writer.bufferedFrames,
      bufferedBytes: this.#writer.bufferedBytes,
      bufferedAgeMs: oldestMs === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldestMs),
      writtenFrames: counters.written,
      lateFrames: counters.late,
      doubledFrames: counters.doubled,
      droppedFrames: counters.dropped,
      rewrittenFrames: counters.rewritten,
      corruptFrames: this.#reader.corruptFrames,
      writtenBytes: counters.writtenBytes,
      droppedByTarget: counters.droppedByTarget,
      errors: counters.errors,
      lastError: this.#lastError(),
      timeseries: this.#driver.seriesWriter?.counters.snapshot(),
    };
  }

  readServerTime(): Promise<number> {
    return readServerTime(this.#reads, this.#keys);
  }

  async inspectServer({ signal }: ReadOptions = {}): Promise<ServerInspection[]> {
    throwIfAborted(signal);
    const primaries = await askInfo(this.#reads);
    const servers = await inspectServers(primaries, this.#location.kind, () => this.#options.clock.now());
    throwIfAborted(signal);
    return this.#driver.judge(servers);
  }

  publishCollectorStatus(id: string, status: CollectorStatus, ttlMs: number): Promise<void> {
    return publishStatus(this.#reads, this.#keys, this.#options.clock, { id, value: status, ttlMs });
  }

  async readCollectorStatuses({ signal }: ReadOptions = {}): Promise<CollectorStatus[]> {
    throwIfAborted(signal);
    const statuses = await readStatuses(this.#reads, this.#keys, this.#options.clock);
    throwIfAborted(signal);
    return statuses;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #newConnection(name: string): RedisConnection {
    const { tls, sentinel, commandTimeoutMs, connectTimeoutMs, random, clock, logger } = this.#options;
    return new RedisConnection({
      location: this.#location,
      tls,
      sentinel,
      name,
      commandTimeoutMs,
      connectTimeoutMs,
      random,
      clock,
      logger,
    });
  }

  #lastError(): StoreHealth['lastError'] {
    const ofReplies = this.#writer.counters.lastError;
    const [appends, reads] = [this.#appends.lastError, this.#reads.lastError];
    const ofConnection = (reads?.atMs ?? 0) > (appends?.atMs ?? 0) ? reads : appends;
    if (ofConnection === undefined || (ofReplies?.atMs ?? 0) >= ofConnection.atMs) return ofReplies;
    const { error, atMs } = ofConnection;
    return { code: classOfError(error), message: error.message, atMs };
  }

  #state(): StoreState {
    if (this.#phase === 'idle' || this.#phase === 'stopped') return this.#phase;
    if (!this.#appends.isReady) return 'connecting';
    return this.#writer.isFailing ? 'degraded' : 'ready';
  }

  /** Asks servers that have just become ready what they promise and what time they have. Never rejects. */
  async #inspectAtStart(greeting: Promise<readonly PrimaryInfo[]>): Promise<void> {
    const { logger, clock } = this.#options;
    try {
      for (const { warnings } of await inspectServers(await greeting, this.#location.kind, () => clock.now())) {
        for (const warning of warnings) logger.warn({ url: redactRedisUrl(this.#options.url) }, warning);
      }
    } catch (error) {
      logger.debug({ err: error }, 'redis could not be inspected');
    }
  }

  /** The first call decides on the reason; all get the same promise. */
  #close(reason: Error | undefined): Promise<void> {
    this.#stopped ??= this.#stop().finally(() => this.#closed.resolve(reason));
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#closing.reject(new StoreError('Closed', 'the store was stopped'));
    await this.#restoring;
    if (this.#phase === 'started') {
      const { stopTimeoutMs, logger } = this.#options;
      const timeout = AbortSignal.timeout(stopTimeoutMs);
      await this.flush({ signal: timeout }).catch((error: unknown) => {
        logger.warn(
          { err: error, frames: this.#writer.bufferedFrames },
          'not all frames could be written before the stop',
        );
      });
      await this.#spill?.save();
    }
    this.#phase = 'stopped';
    this.#writer.stop();
    this.#appends.close();
    this.#reads.close();
  }
}
