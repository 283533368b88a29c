import { isIP, type LookupFunction, type Socket } from 'node:net';

import { Client, type buildConnector } from 'undici';

import { AddressPolicy } from './address-policy.ts';
import { AttemptDeadline } from './attempt-deadline.ts';
import { classifyError } from './classify-error.ts';
import { createConnector, type Connect } from './connector.ts';
import { deniedError, deniedNameError, guardedLookup } from './guarded-lookup.ts';
import type { NameCache } from './name-cache.ts';
import type { ProxyRoute } from './proxy-connector.ts';
import { followRedirect, RedirectError } from './redirect.ts';
import { ResponseReader, type ResponseReaderOptions, type WireResponse } from './response-reader.ts';
import { ScrapeError } from './scrape-error.ts';

/** What all connections of a collector share. */
export interface ConnectionFactory {
  /** Connects to allowed addresses only. */
  readonly connector: Connect;
  /** Resolves names to allowed addresses. */
  readonly lookup: LookupFunction;
  /** Resolves names of proxies, which the operator gives: to whatever address they have. */
  readonly proxyLookup: LookupFunction;
  readonly policy: AddressPolicy;
}

/** Most bytes of a response's status line and headers. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Idle connections are kept at most so long, and as long as two intervals below that. */
const MAX_KEEP_ALIVE_MS = 600_000;

const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** Makes what all connections share: the resolver's cache, the address policy, the TLS settings and session cache. */
export function createConnectionFactory(names: NameCache, policy: AddressPolicy): ConnectionFactory {
  const lookup = guardedLookup(names, policy);
  const proxyLookup = guardedLookup(names, new AddressPolicy({ allow: EVERYWHERE }));
  return { connector: createConnector(lookup), lookup, proxyLookup, policy };
}

/** What a profile of credentials adds to the requests to a target. */
export interface TargetAccess {
  /** A flat list of names and values. */
  readonly headers: readonly string[];
  /** Connects to those addresses only that the profile is bound to, with its certificates; by way of its proxy if it has one. */
  readonly connectorFor: (host: string) => Connect;
  readonly proxy: ProxyRoute | undefined;
}

/** Redirects that are followed within an attempt. */
const MAX_REDIRECTS = 3;

/** Settings of {@link TargetConnection}. */
export interface TargetConnectionOptions {
  readonly factory: Pick<ConnectionFactory, 'connector' | 'policy'>;
  readonly url: URL;
  readonly headers: readonly string[];
  readonly intervalMs: number;
  /** Whether redirects are followed: to the same origin, at most {@link MAX_REDIRECTS}. */
  readonly followsRedirects: boolean;
  /** What a profile of credentials adds, asked for at each attempt; undefined for a target without credentials. */
  readonly access?: (() => TargetAccess | ScrapeError) | undefined;
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
  readonly #host: string;
  /** Why the URL's address may not be connected to. */
  readonly #denial: ScrapeError | undefined;
  #access: TargetAccess | undefined;
  #connector: Connect;
  #headers: readonly string[];
  /** The proxy that is asked for the URL, in place of the target; one that makes a tunnel is not seen here. */
  #forwarder: ProxyRoute | undefined;
  #client: Client | undefined;
  /** The client's socket while it is being opened. */
  #opening: Socket | undefined;
  /** Of the attempt on its way. */
  #reader: ResponseReader | undefined;
  #responsesSinceConnect = 0;

  constructor(options: TargetConnectionOptions) {
    this.#options = options;
    this.#path = `${options.url.pathname}${options.url.search}`;
    this.#host = hostOf(options.url);
    this.#headers = options.headers;
    this.#connector = options.factory.connector;
    this.#denial = deniedLiteral(this.#host, options.factory.policy);
  }

  /**
   * Sends one GET and reads the response. Resolves with the error rather than rejecting: a failed scrape is an
   * ordinary result.
   *
   * @param timeoutMs - Deadline of the whole attempt, connecting included.
   */
  fetch(limits: FetchLimits, timeoutMs: number): Promise<WireResponse | ScrapeError> {
    const refusal = this.#denial ?? this.#renewAccess();
    if (refusal !== undefined) return Promise.resolve(refusal);
    return this.#options.followsRedirects
      ? this.#follow(limits, timeoutMs)
      : this.#request(this.#path, limits, timeoutMs);
  }

  async #follow(limits: FetchLimits, timeoutMs: number): Promise<WireResponse | ScrapeError> {
    const untilMs = performance.now() + timeoutMs;
    let { url } = this.#options;
    for (let hops = 0; ; hops += 1) {
      const leftMs = untilMs - performance.now();
      const result = await this.#request(`${url.pathname}${url.search}`, limits, Math.max(leftMs, 1));
      if (!(result instanceof RedirectError)) return result;
      const next = followRedirect(result, url);
      if (next instanceof ScrapeError) return next;
      if (hops === MAX_REDIRECTS) return new ScrapeError('redirect', `more than ${MAX_REDIRECTS} redirects`);
      url = next;
    }
  }

  /** Takes the credentials as they are now. Others than before need another connection. */
  #renewAccess(): ScrapeError | undefined {
    const { access: ask, headers, url, factory } = this.#options;
    if (ask === undefined) return undefined;
    const access = ask();
    if (access === this.#access) return undefined;
    this.#discard();
    this.#access = access instanceof ScrapeError ? undefined : access;
    if (access instanceof ScrapeError) return access;
    const { proxy } = access;
    // What the name resolves to is up to the proxy; the name itself is known.
    if (proxy !== undefined && isIP(this.#host) === 0 && !factory.policy.allowsName(this.#host)) {
      this.#access = undefined;
      return deniedNameError(this.#host);
    }
    this.#forwarder = url.protocol === 'http:' ? proxy : undefined;
    this.#connector = access.connectorFor(this.#host);
    const forwarded = this.#forwarder === undefined ? [] : ['host', url.host, ...this.#forwarder.headers];
    this.#headers = [...headers, ...access.headers, ...forwarded];
    return undefined;
  }

  #request(path: string, limits: FetchLimits, timeoutMs: number): Promise<WireResponse | ScrapeError> {
    return new Promise((resolve) => {
      const isReused = this.#responsesSinceConnect > 0;
      const { maxBodyBytes, maxWireBytes, refuseContentType } = limits;
      const reader = new ResponseReader({
        maxBodyBytes,
        maxWireBytes,
        refuseContentType,
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
      this.#dispatch(path, reader);
    });
  }

  /** Ends the connection and what runs on it. */
  close(): void {
    this.#end(givenUpError());
    this.#discard();
  }

  /**
   * Ends the attempt that is on its way, if any, and its connection with it: a request that waits for its connection can only be
   * taken back together with it, and for one that is on the wire undici would open another connection, which nobody asked for.
   */
  #end(error: ScrapeError): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    reader.abort(error);
    this.#discard();
  }

  #dispatch(path: string, reader: ResponseReader): void {
    const headers = this.#headers as string[];
    const reset = !this.#options.keepsAlive();
    this.#client ??= this.#connect();
    const asked = this.#forwarder === undefined ? path : `${this.#options.url.origin}${path}`;
    this.#client.dispatch({ method: 'GET', path: asked, headers, reset, blocking: false }, reader);
  }

  #connect(): Client {
    const { url, intervalMs } = this.#options;
    const client = new Client(this.#forwarder?.origin ?? url.origin, {
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
   *
   * Errors lose their code on the way, by which undici would choose what to do: it tries again at once, without end, where a
   * proxy ended the connection before there was a tunnel (`UND_ERR_SOCKET`), and after a certificate for another name
   * (`ERR_TLS_CERT_ALTNAME_INVALID`) it never sends the next request.
   */
  #open(...[options, callback]: Parameters<buildConnector.connector>): void {
    const isReadingBody = (): boolean => this.#reader?.phase === 'reading the body';
    const onOpened: buildConnector.Callback = (...[error, opened]) => {
      if (this.#opening === socket) this.#opening = undefined;
      if (error === null) callback(null, opened);
      else callback(classifyError(error, { hasResponse: false }), null);
    };
    const socket = this.#connector(options, onOpened, isReadingBody);
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
function deniedLiteral(host: string, policy: AddressPolicy): ScrapeError | undefined {
  return isIP(host) === 0 || policy.allows(host) ? undefined : deniedError(host, [host]);
}

/** The host of a URL; IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The target had closed the idle connection when the request went out: it never saw the request. */
export class StaleConnectionError extends ScrapeError {
  constructor(cause: ScrapeError) {
    super(cause.reason, cause.message, { cause, retryable: true });
  }
}

/** Ends what runs when the target is given up. */
export function givenUpError(): ScrapeError {
  return new ScrapeError('internal', 'the collector gave the target up');
}

function isConnectionEnd(result: WireResponse | ScrapeError): result is ScrapeError {
  return result instanceof ScrapeError && (result.reason === 'connection_reset' || result.reason === 'truncated');
}

function timeoutError(reader: ResponseReader, timeoutMs: number): ScrapeError {
  const soFar = reader.phase === 'reading the body' ? `, ${reader.wireBytes} bytes so far` : '';
  return new ScrapeError('timeout', `not done within ${Math.round(timeoutMs)} ms: still ${reader.phase}${soFar}`);
}
