import { fullJitterBackoff, type Clock, type Logger } from '@pulsekeeper/model';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { EventEmitter, once } from 'node:events';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { StoreError } from '../errors.ts';
import type { SentinelCredentials } from '../store-options.ts';
import { PackedCommand, type ReplyForm } from './packed-command.ts';
import type { RedisLocation } from './redis-url.ts';
import { classOfError, storeErrorOf } from './reply-error.ts';
import { canGatherReplies, tapReplies } from './reply-tap.ts';
import { packArguments } from './resp-writer.ts';
import type { Script } from './script.ts';

const RECONNECT_BASE_MS = 50;
const RECONNECT_CAP_MS = 1_000;
/** A read may follow closely on a reconnection: it is given a moment rather than an error. */
const READY_WAIT_MS = 1_000;
/** How soon a server that loads its data is asked again. */
const LOADING_RETRY_MS = 250;

export interface RedisConnectionOptions {
  readonly location: RedisLocation;
  readonly tls?: TlsOptions | undefined;
  readonly sentinel?: SentinelCredentials | undefined;
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly random: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Events of {@link RedisConnection}; both may repeat. */
export interface RedisConnectionEvents {
  /** Connected, authenticated, and the server has loaded its data. For a cluster: the slots are known. */
  ready: [];
  /** The connection is gone, or an attempt failed. */
  away: [error: Error | undefined];
}

/** Without the option whose type refuses `undefined`. */
type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** One argument of a command. */
export type RedisArgument = string | Buffer | number;

/**
 * One connection (a cluster: one a node) that never queues and never sends anything twice by itself: a command fails at
 * once while there is no connection, and at its deadline otherwise. Reconnects for ever until closed.
 *
 * ioredis is used in RESP2, with its offline queue, its resending and its retries switched off; see
 * `docs/adr/0002-stream-store.md`.
 */
export class RedisConnection extends EventEmitter<RedisConnectionEvents> {
  readonly #options: RedisConnectionOptions;
  #client: Redis | Cluster | undefined;
  #isReady = false;
  #generation = 0;
  #repliedAtMs = 0;
  #lastError: { readonly error: Error; readonly atMs: number } | undefined;

  constructor(options: RedisConnectionOptions) {
    super();
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Counts the times the connection became ready. What a server was told may be gone with each. */
  get generation(): number {
    return this.#generation;
  }

  get isCluster(): boolean {
    return this.#options.location.kind === 'cluster';
  }

  /** The last failure to connect, or end of a connection, that had a reason; kept when a connection comes. */
  get lastError(): { readonly error: Error; readonly atMs: number } | undefined {
    return this.#lastError;
  }

  /** Begins to connect, and goes on for ever. */
  open(): void {
    if (this.#client !== undefined) return;
    const client = this.isCluster ? this.#newCluster() : new Redis(this.#singleOptions());
    this.#client = client;
    if (client instanceof Cluster) client.on('+node', (node: Redis) => tapReplies(node));
    else tapReplies(client);
    client.on('ready', () => this.#becomeReady());
    client.on('close', () => this.#leave(undefined));
    client.on('error', (error: Error) => this.#leave(error));
    client.connect().catch((error: unknown) => {
      // Further attempts follow by the retry strategy; the error event has told of this one.
      this.#options.logger.debug({ err: error }, 'first connection attempt failed');
    });
  }

  close(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#isReady = false;
    client?.removeAllListeners('ready');
    client?.disconnect();
  }

  /** Resolves when the connection is ready, or after `mostMs` all the same: the next call then tells why it is not. */
  async untilReady(mostMs = READY_WAIT_MS): Promise<void> {
    if (this.#isReady || this.#client === undefined) return;
    await once(this, 'ready', { signal: AbortSignal.timeout(mostMs) }).catch(() => undefined);
  }

  /** Drops the connection and makes a new one, perhaps to another server: the Sentinels or the name service are asked again. */
  reconnect(why: string): void {
    this.#options.logger.warn({ why }, 'connecting to redis again');
    this.#client?.disconnect(true);
  }

  /**
   * Sends one command; texts of the reply come as buffers.
   *
   * @throws StoreError
   */
  async call(command: string, ...args: RedisArgument[]): Promise<unknown> {
    return this.#send(command, (client) => client.callBuffer(command, ...args));
  }

  /**
   * Sends a command that is packed already, to the node that has the key.
   *
   * @param doing - what a {@link StoreError} says was done
   * @throws StoreError
   */
  async callPacked(doing: string, key: string, bytes: Buffer): Promise<unknown> {
    return this.#callPacked(doing, key, bytes, 'decoded');
  }

  /**
   * As {@link callPacked}, for a command that answers with many integers: when there is nothing but integers in its reply,
   * the reply may be their number, which costs next to nothing.
   *
   * @param commands - how many there are in `bytes`, 1 unless {@link canGather}: the reply to several is the number of all
   *   their integers, or an array of what each would get
   * @throws StoreError - of the first command that fails, when all have been answered
   */
  async callCounted(doing: string, key: string, bytes: Buffer, commands = 1): Promise<unknown> {
    return this.#callPacked(doing, key, bytes, 'counted', commands);
  }

  /** Whether several commands can be sent as one: not in a cluster, which may send each of them elsewhere. */
  get canGather(): boolean {
    return this.#client instanceof Redis && canGatherReplies(this.#client);
  }

  /**
   * As {@link callPacked}, for a command with a long reply that the caller takes apart: its bytes as they came, or, where they
   * are not to be had, the reply as {@link call} gives it.
   *
   * @throws StoreError
   */
  async callForBytes(doing: string, key: string, bytes: Buffer): Promise<unknown> {
    return this.#callPacked(doing, key, bytes, 'bytes');
  }

  /**
   * As {@link call}, for a command of a module, whose key a cluster client cannot know.
   *
   * @throws StoreError
   */
  async callAt(key: string, command: string, ...args: string[]): Promise<unknown> {
    const head = Buffer.from(`*${1 + args.length}\r\n`);
    return this.callPacked(command, key, Buffer.concat([head, packArguments([command, ...args])]));
  }

  /**
   * Sends a call of a script that is packed already (`EVALSHA` …); loads the script first where it is not known.
   *
   * @throws StoreError
   */
  async runPacked(script: Script, firstKey: string, bytes: Buffer): Promise<unknown> {
    try {
      return await this.#sendPacked(script, firstKey, bytes);
    } catch (error) {
      if (!isScriptUnknown(error)) throw error;
      await this.onPrimaries((call) => call('SCRIPT', 'LOAD', script.source));
      return await this.#sendPacked(script, firstKey, bytes);
    }
  }

  /** Runs a script, sending its text only to a server that does not know it. */
  async run(script: Script, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    try {
      return await this.call('EVALSHA', script.sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isScriptUnknown(error)) throw error;
      return await this.call('EVAL', script.source, keys.length, ...keys, ...args);
    }
  }

  /** Calls something on every primary. */
  async onPrimaries<T>(
    ask: (call: (command: string, ...args: RedisArgument[]) => Promise<unknown>) => Promise<T>,
  ): Promise<T[]> {
    const client = this.#client;
    if (!(client instanceof Cluster)) return [await ask((command, ...args) => this.call(command, ...args))];
    return Promise.all(
      client.nodes('master').map((node) =>
        ask(async (command, ...args) => {
          try {
            return await node.callBuffer(command, ...args);
          } catch (error) {
            throw storeErrorOf(error, command);
          }
        }),
      ),
    );
  }

  async #callPacked(doing: string, key: string, bytes: Buffer, form: ReplyForm, commands = 1): Promise<unknown> {
    // ioredis knows no commands of modules, nor where their keys are; it sends this one where a script would go.
    const command = new PackedCommand('evalsha', doing, key, bytes, form, commands);
    const reply = await this.#send(doing, (client) => client.sendCommand(command) as Promise<unknown>);
    return command.replyBytes ?? reply;
  }

  async #sendPacked(script: Script, firstKey: string, bytes: Buffer): Promise<unknown> {
    return this.#send(script.name, (client) => {
      const command = new PackedCommand('evalsha', script.sha1, firstKey, bytes);
      return client.sendCommand(command) as Promise<unknown>;
    });
  }

  async #send(doing: string, send: (client: Redis | Cluster) => Promise<unknown>): Promise<unknown> {
    const client = this.#client;
    if (client === undefined) throw new StoreError('Closed', `${doing}: the connection is closed`);
    const sentAtMs = performance.now();
    try {
      const reply = await send(client);
      this.#repliedAtMs = performance.now();
      return reply;
    } catch (error) {
      this.#noticeMuteness(error, sentAtMs);
      throw storeErrorOf(error, doing);
    }
  }

  /** A command without a reply for two deadlines on end means a connection that is half open. */
  #noticeMuteness(error: unknown, sentAtMs: number): void {
    if (classOfError(error) !== 'timeout' || !this.#isReady) return;
    const silentMs = performance.now() - Math.max(this.#repliedAtMs, sentAtMs - this.#options.commandTimeoutMs);
    if (silentMs >= 2 * this.#options.commandTimeoutMs) {
      this.#repliedAtMs = performance.now();
      this.reconnect('the connection is mute');
    }
  }

  #becomeReady(): void {
    this.#isReady = true;
    this.#generation++;
    this.#repliedAtMs = performance.now();
    this.#options.logger.info({ generation: this.#generation }, 'connected to redis');
    this.emit('ready');
  }

  #leave(error: Error | undefined): void {
    if (error !== undefined) this.#lastError = { error, atMs: this.#options.clock.now() };
    const wasReady = this.#isReady;
    const client = this.#client;
    this.#isReady = client instanceof Cluster ? client.status === 'ready' : false;
    if (wasReady && !this.#isReady) this.#options.logger.warn({ err: error }, 'connection to redis lost');
    this.emit('away', error);
  }

  #commonOptions(): ClientOptions {
    const { location, tls, commandTimeoutMs, connectTimeoutMs, name } = this.#options;
    return {
      protocol: 2,
      connectionName: name,
      commandTimeout: commandTimeoutMs,
      connectTimeout: connectTimeoutMs,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      maxLoadingRetryTime: LOADING_RETRY_MS,
      ...(location.username === undefined ? {} : { username: location.username }),
      ...(location.password === undefined ? {} : { password: location.password }),
      ...(location.isTls ? { tls: tls ?? {} } : {}),
    };
  }

  #singleOptions(): ClientOptions {
    const { location } = this.#options;
    const [first] = location.addresses;
    return {
      ...this.#commonOptions(),
      ...(location.kind === 'sentinel'
        ? this.#sentinelOptions()
        : { host: first?.host ?? '127.0.0.1', port: first?.port ?? 6379 }),
      db: location.database,
      lazyConnect: true,
      enableOfflineQueue: false,
      retryStrategy: this.#retryDelay(),
      // A primary that became a replica: ask the Sentinels, or the name service, who took its place.
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
    };
  }

  #sentinelOptions(): ClientOptions {
    const { location, sentinel, tls, connectTimeoutMs } = this.#options;
    return {
      sentinels: location.addresses.map(({ host, port }) => ({ host, port })),
      name: location.masterName ?? '',
      sentinelRetryStrategy: this.#retryDelay(),
      // A Sentinel that hangs is passed over like one that cannot be reached.
      sentinelCommandTimeout: connectTimeoutMs,
      ...(sentinel?.username === undefined ? {} : { sentinelUsername: sentinel.username }),
      ...(sentinel === undefined ? {} : { sentinelPassword: sentinel.password }),
      ...(location.isTls ? { enableTLSForSentinelMode: true, sentinelTLS: tls ?? {} } : {}),
    };
  }

  #newCluster(): Cluster {
    const { location, connectTimeoutMs } = this.#options;
    return new Cluster(
      location.addresses.map(({ host, port }) => ({ host, port })),
      {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: this.#retryDelay(),
        slotsRefreshTimeout: connectTimeoutMs,
        slotsRefreshInterval: 5_000,
        maxRedirections: 4,
        redisOptions: this.#commonOptions(),
      },
    );
  }

  #retryDelay(): (attempt: number) => number {
    const backoff = fullJitterBackoff({
      baseMs: RECONNECT_BASE_MS,
      capMs: RECONNECT_CAP_MS,
      random: this.#options.random,
    });
    // Never at once: a refused connection would otherwise be tried in a tight loop.
    return (attempt) => RECONNECT_BASE_MS / 2 + backoff(attempt);
  }
}

function isScriptUnknown(error: unknown): boolean {
  return classOfError(error instanceof StoreError ? error.cause : error) === 'NOSCRIPT';
}
