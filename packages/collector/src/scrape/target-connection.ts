import { isIP, type Socket } from 'node:net';

import { buildConnector, Client } from 'undici';

import type { AddressPolicy } from './address-policy.ts';
import { AttemptDeadline } from './attempt-deadline.ts';
import { deniedError, guardedLookup } from './guarded-lookup.ts';
import type { NameCache } from './name-cache.ts';
import { connectRecycled } from './recycled-reads.ts';
import { ResponseReader, type ResponseReaderOptions, type WireResponse } from './response-reader.ts';
import { ScrapeError } from './scrape-error.ts';

/**
 * Opens a socket and tells by the callback when it is open.
 *
 * @param isReadingBody - Whether the head of the response that is being read is complete.
 */
export type Connect = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
  isReadingBody: () => boolean,
) => Socket;

/** What all connections of a collector share. */
export interface ConnectionFactory {
  /** Connects to allowed addresses only. */
  readonly connector: Connect;
  readonly policy: AddressPolicy;
}

/** Most bytes of a response's status line and headers. */
const MAX_HEADER_BYTES = 16 * 1024;

const HTTP_PORT = 80;

/** After so long without traffic the kernel asks whether the other side is still there. */
const KEEP_ALIVE_PROBE_MS = 60_000;

/** Idle connections are kept at most so long, and as long as two intervals below that. */
const MAX_KEEP_ALIVE_MS = 600_000;

/** Makes what all connections share: the resolver's cache, the address policy, the TLS settings and session cache. */
export function createConnectionFactory(names: NameCache, policy: AddressPolicy): ConnectionFactory {
  const lookup = guardedLookup(names, policy);
  const connectTls = buildConnector({
    lookup,
    // The deadline of the attempt covers connecting; undici's own timer would be one more for each connection.
    timeout: 0,
    minVersion: 'TLSv1.2',
    allowH2: false,
    autoSelectFamily: true,
    // That it returns the socket is missing from undici's types.
  }) as (...args: Parameters<buildConnector.connector>) => Socket;
  const connector: Connect = (options, callback, isReadingBody) => {
    if (options.protocol === 'https:') return connectTls(options, callback);
    const { hostname, port } = options;
    const address = { host: hostname, port: Number(port === '' ? HTTP_PORT : port), lookup, autoSelectFamily: true };
    const keepAlive = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS };
    const socket = connectRecycled({ ...address, ...keepAlive }, isReadingBody);
    let isOpen = false;
    socket.once('connect', () => {
      isOpen = true;
      callback(null, socket);
    });
    // It stays: an error may come before undici listens itself.
    socket.on('error', (error) => {
      if (!isOpen) callback(error, null);
    });
    return socket;
  };
  return { connector, policy };
}

/** Settings of {@link TargetConnection}. */
export interface TargetConnectionOptions {
  readonly factory: ConnectionFactory;
  readonly url: URL;
  readonly headers: readonly string[];
  readonly intervalMs: number;
  /** Whether the connection is kept between scrapes; when file descriptors are scarce it is not. */
  readonly keepsAlive: () => boolean;
}

/** One attempt's limits. */
export type FetchLimits = Pick<ResponseReaderOptions, 'maxBodyBytes' | 'maxWireBytes' | 'refuseContentType'>;

/**
 * The HTTP connection to one target: at most one request at a time, kept alive between scrapes. Targets do not share
 * connections, so what one target does to its own never touches another's.
 */
export class TargetConnection {
  readonly #options: TargetConnectionOptions;
  readonly #path: string;
  /** Why the URL's address may not be connected to. */
  readonly #denial: ScrapeError | undefined;
  #client: Client | undefined;
  /** The client's socket while it is being opened. */
  #opening: Socket | undefined;
  /** Of the attempt on its way. */
  #reader: ResponseReader | undefined;
  #responsesSinceConnect = 0;

  constructor(options: TargetConnectionOptions) {
    this.#options = options;
    this.#path = `${options.url.pathname}${options.url.search}`;
    this.#denial = deniedLiteral(options.url, options.factory.policy);
  }

  /**
   * Sends one GET and reads the response. Resolves with the error rather than rejecting: a failed scrape is an
   * ordinary result.
   *
   * @param timeoutMs - Deadline of the whole attempt, connecting included.
   */
  fetch(limits: FetchLimits, timeoutMs: number): Promise<WireResponse | ScrapeError> {
    if (this.#denial !== undefined) return Promise.resolve(this.#denial);
    return new Promise((resolve) => {
      const isReused = this.#responsesSinceConnect > 0;
      const reader = new ResponseReader({
        ...limits,
        onDone: (result) => {
          deadline.clear();
          this.#reader = undefined;
          if (!(result instanceof ScrapeError)) this.#responsesSinceConnect += 1;
          const isStaleConnection = isReused && reader.phase === 'waiting for the response' && isConnectionEnd(result);
          resolve(isStaleConnection ? new StaleConnectionError(result) : result);
        },
      });
      this.#reader = reader;
      const deadline = new AttemptDeadline(timeoutMs, () => this.#end(timeoutError(reader, timeoutMs)));
      this.#dispatch(reader);
    });
  }

  /** Ends the connection and what runs on it. */
  close(): void {
    this.#end(new ScrapeError('internal', 'the collector gave the target up'));
    this.#discard();
  }

  /** Ends the attempt that is on its way, if any. */
  #end(error: ScrapeError): void {
    const reader = this.#reader;
    const isConnecting = reader?.isOnWire === false;
    reader?.abort(error);
    // A request that waits for its connection can only be taken back together with the connection.
    if (isConnecting) this.#discard();
  }

  #dispatch(reader: ResponseReader): void {
    const { headers, keepsAlive } = this.#options;
    this.#client ??= this.#connect();
    this.#client.dispatch(
      { method: 'GET', path: this.#path, headers: headers as string[], reset: !keepsAlive(), blocking: false },
      reader,
    );
  }

  #connect(): Client {
    const { url, intervalMs } = this.#options;
    const client = new Client(url.origin, {
      connect: (options, callback) => this.#open(options, callback),
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: Math.min(2 * intervalMs + 1_000, MAX_KEEP_ALIVE_MS),
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
    });
    client.on('connect', () => {
      this.#responsesSinceConnect = 0;
    });
    client.on('disconnect', () => {
      this.#responsesSinceConnect = 0;
    });
    return client;
  }

  /**
   * Opens a socket and remembers it: undici does not know the socket before it is open, and would leave one that is still
   * connecting to the operating system's patience of minutes when its client is destroyed.
   */
  #open(...[options, callback]: Parameters<buildConnector.connector>): void {
    const isReadingBody = (): boolean => this.#reader?.phase === 'reading the body';
    const onOpened: buildConnector.Callback = (...outcome) => {
      if (this.#opening === socket) this.#opening = undefined;
      callback(...outcome);
    };
    const socket = this.#options.factory.connector(options, onOpened, isReadingBody);
    this.#opening = socket;
  }

  #discard(): void {
    const client = this.#client;
    this.#opening?.destroy();
    this.#opening = undefined;
    this.#client = undefined;
    this.#responsesSinceConnect = 0;
    // Whoever waited for it has been told already; undici never rejects here.
    client?.destroy().catch(() => undefined);
  }
}

/** Sockets resolve no IP literal, so the policy is asked about it beforehand: it stays what it is. */
function deniedLiteral(url: URL, policy: AddressPolicy): ScrapeError | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || policy.allows(host) ? undefined : deniedError(host, [host]);
}

/** The target had closed the idle connection when the request went out: it never saw the request. */
export class StaleConnectionError extends ScrapeError {
  constructor(cause: ScrapeError) {
    super(cause.reason, cause.message, { cause, retryable: true });
  }
}

function isConnectionEnd(result: WireResponse | ScrapeError): result is ScrapeError {
  return result instanceof ScrapeError && (result.reason === 'connection_reset' || result.reason === 'truncated');
}

function timeoutError(reader: ResponseReader, timeoutMs: number): ScrapeError {
  const soFar = reader.phase === 'reading the body' ? `, ${reader.wireBytes} bytes so far` : '';
  return new ScrapeError('timeout', `not done within ${Math.round(timeoutMs)} ms: still ${reader.phase}${soFar}`);
}
