import type { Socket } from 'node:net';

import type { AuthInfo } from './auth.ts';
import { byteRequest, REPLY_HEADER_BYTES } from './byte-request.ts';
import { createLibraryClient, LIBRARY_STATE } from './client-library.ts';
import type { LibraryCallback, LibraryClient, LibraryException } from './client-library-types.ts';
import { formatServerAddress } from './connect-string.ts';
import { deferred } from './deferred.ts';
import type { Dialer, Dialled } from './dialer.ts';
import { ZkError } from './errors.ts';
import { FrameSplitter } from './frame-splitter.ts';
import type { OperationDone, Outcome } from './operation-queue.ts';
import { takeReplyCode } from './reply-code.ts';

/** What a server granted when it took the session. */
export interface LinkInfo {
  readonly sessionId: bigint;
  readonly sessionTimeoutMs: number;
  /** When the request for it left, monotonic milliseconds. */
  readonly requestedAtMs: number;
  /** `host:port`. */
  readonly server: string;
}

/** What a {@link Connection} tells its owner. Nothing is told after `abandon`. */
export interface ConnectionHandlers {
  /** A server took the session; requests can be sent. */
  onUp(link: LinkInfo): void;
  /** The link is gone; requests on it fail right after this. The next link is being dialled. */
  onDown(cause: Error): void;
  /** The server does not know the session any more. The connection is of no use from here on. */
  onExpired(): void;
  /** The server refused the credentials. The connection is of no use from here on. */
  onAuthFailed(): void;
  /** A watch fired: ZooKeeper's number of the event, and the path on the server. */
  onWatchEvent(wireType: number, serverPath: string): void;
}

/** What a {@link Connection} works with. */
export interface ConnectionOptions {
  readonly dialer: Dialer;
  readonly sessionTimeoutMs: number;
  readonly auth: readonly AuthInfo[];
  readonly monotonic: () => number;
  readonly handlers: ConnectionHandlers;
}

/** Sends one request with the library's client; `callback` is the library's. */
export type SendRequest<Results extends unknown[]> = (
  client: LibraryClient,
  callback: LibraryCallback<Results>,
) => void;

const NO_REPLY = Buffer.alloc(0);

/** The library numbers requests with 32 bits, and throws at 2^31. The numbers need not differ for long. */
const MAX_XID = 0x3fff_ffff;

/**
 * The life of one client object of the library, which is one ZooKeeper session at most: it dials, hands
 * sockets to the library, feeds it what arrives, and dials again when a link breaks, until it is abandoned
 * or the session turns out to be over.
 *
 * The library keeps its codec and its session id. Everything around a socket is done here: choosing an
 * address, every time limit, cutting the bytes into frames, and settling each request when its link goes.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #client: LibraryClient;
  readonly #ended = new AbortController();
  /** How to fail each request on the link, and the path it is about. */
  readonly #inFlight = new Map<(error: ZkError) => void, string | undefined>();
  #link: Socket | undefined;
  #isUp = false;
  #replyCode = 0;
  /** The reply that the library is given at this moment. */
  #reply: Buffer = NO_REPLY;
  #receivedAtMs = -Infinity;

  /** @throws {@link ZkError} `IncompatibleClientLibrary`. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = createLibraryClient(options.sessionTimeoutMs);
    for (const { scheme, credentials } of options.auth) this.#client.addAuthInfo(scheme, Buffer.from(credentials));
    this.#takeOverLibrary();
  }

  /** Whether a server has taken the session over the present link. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** When bytes last arrived, monotonic milliseconds. */
  get receivedAtMs(): number {
    return this.#receivedAtMs;
  }

  /** Begins to dial, and goes on for ever. */
  open(): void {
    this.#client.connect();
  }

  /**
   * Sends one request. `done` is called exactly once, from within this call when there is no link; when the
   * link breaks, after {@link ConnectionHandlers.onDown}.
   *
   * @param path - for error messages, as the caller names it.
   */
  send<Results extends unknown[], T>(
    path: string | undefined,
    request: SendRequest<Results>,
    decode: (...results: Results) => T,
    done: OperationDone<T>,
  ): void {
    if (!this.#isUp) {
      done({ error: connectionLoss(path) });
      return;
    }
    const settle = (outcome: Outcome<T>): void => {
      if (this.#inFlight.delete(fail)) done(outcome);
    };
    const fail = (error: ZkError): void => settle({ error });
    this.#inFlight.set(fail, path);
    const manager = this.#client.connectionManager;
    if (manager.xid > MAX_XID) manager.xid = 0;
    this.#corkForThisTurn();
    try {
      request(this.#client, (exception, ...results) => {
        // The library passes `undefined` or `null` for no error.
        if (exception) fail(this.#toZkError(exception, path));
        else settle({ value: decode(...results) });
      });
    } catch (error) {
      fail(ZkError.from(error, path));
    }
  }

  /**
   * As {@link send}, for what the library has no code for: it only keeps the order of the requests.
   *
   * @param payload - of the request, and what is decoded that of the reply, both without the header.
   */
  sendBytes<T>(
    path: string | undefined,
    type: number,
    payload: Buffer,
    decode: (payload: Buffer) => T,
    done: OperationDone<T>,
  ): void {
    this.send(path, byteRequest(type, payload), () => decode(this.#reply.subarray(REPLY_HEADER_BYTES)), done);
  }

  /** As {@link send}, as a promise. */
  call<Results extends unknown[]>(path: string | undefined, request: SendRequest<Results>): Promise<Results> {
    const answer = deferred<Results>();
    this.send(
      path,
      request,
      (...results: Results) => results,
      (outcome) => (outcome.error === undefined ? answer.resolve(outcome.value) : answer.reject(outcome.error)),
    );
    return answer.promise;
  }

  /** Ends the present link, as if the network had: requests on it fail, and the next one is dialled. */
  breakLink(cause: Error): void {
    this.#link?.destroy(cause);
  }

  /**
   * Tells the server that the session is over, so that its ephemerals go at once, and waits for that as long
   * as `timeoutMs`; then abandons. Without a link it abandons at once, and the session ends by its timeout.
   */
  async close(timeoutMs: number): Promise<void> {
    const socket = this.#link;
    if (this.#isUp && socket !== undefined) {
      const closed = deferred<undefined>();
      socket.once('close', () => closed.resolve(undefined));
      const timer = setTimeout(() => closed.resolve(undefined), timeoutMs);
      this.#client.close();
      await closed.promise;
      clearTimeout(timer);
    }
    this.abandon();
  }

  /** Drops everything at once: dialling, socket, requests. Nothing is called back but the requests. */
  abandon(): void {
    if (this.#ended.signal.aborted) return;
    this.#isUp = false;
    this.#ended.abort(new ZkError('Closed', 'the connection was abandoned'));
    this.#link?.destroy();
    this.#failInFlight();
  }

  #takeOverLibrary(): void {
    const manager = this.#client.connectionManager;
    // `connect` is what the library calls for the first link and after each that broke.
    manager.connect = () => {
      if (this.#ended.signal.aborted) return;
      manager.setState(LIBRARY_STATE.connecting);
      // Never rejects.
      void this.#connect();
    };
    // Watches are kept by `Watches`; the library's book of them stays empty, so it re-sends none.
    manager.registerDataWatcher = () => undefined;
    manager.registerChildWatcher = () => undefined;
    manager.registerExistenceWatcher = () => undefined;
    manager.watcherManager.isEmpty = () => true;
    manager.watcherManager.emit = (event) => this.#options.handlers.onWatchEvent(event.type, event.path);
  }

  /** Dials until a socket is open. Never rejects: every failure leads to the next attempt. */
  async #connect(): Promise<void> {
    const ended = this.#ended.signal;
    while (!ended.aborted) {
      const attempt = new AbortController();
      let watchdog: NodeJS.Timeout | undefined;
      const begin = (): AbortSignal => {
        watchdog = setTimeout(() => attempt.abort(this.#handshakeTimeout()), this.#handshakeTimeoutMs());
        return AbortSignal.any([ended, attempt.signal]);
      };
      try {
        const dialled = await this.#options.dialer.dial(ended, begin);
        this.#attach(dialled, attempt, watchdog);
        return;
      } catch {
        // The dialer has counted and logged it; it also spaces the attempts.
        clearTimeout(watchdog);
      }
    }
  }

  /** Hands an open socket to the library. The watchdog runs on until the server has taken the session. */
  #attach({ socket, endpoint }: Dialled, attempt: AbortController, watchdog: NodeJS.Timeout | undefined): void {
    const manager = this.#client.connectionManager;
    const server = formatServerAddress({ host: endpoint.address, port: endpoint.server.port });
    const splitter = new FrameSplitter();
    let cause: Error = new ZkError('ConnectionLoss', `${server} closed the connection`);
    if (this.#ended.signal.aborted) {
      clearTimeout(watchdog);
      socket.destroy();
      return;
    }
    this.#link = socket;
    manager.socket = socket;
    manager.pendingBuffer = null;
    manager.packetQueue.queue.length = 0;
    attempt.signal.addEventListener('abort', () => socket.destroy(attempt.signal.reason as Error), { once: true });
    const requestedAtMs = this.#options.monotonic();
    this.#receivedAtMs = requestedAtMs;
    socket.on('data', (chunk: Buffer) => {
      this.#receivedAtMs = this.#options.monotonic();
      try {
        for (const frame of splitter.push(chunk)) {
          if (socket.destroyed) return;
          const wasUp = this.#isUp;
          this.#feed(frame);
          if (!wasUp && manager.state === LIBRARY_STATE.connected) {
            clearTimeout(watchdog);
            this.#up(requestedAtMs, server);
          }
        }
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('drain', () => manager.onSocketDrain());
    socket.on('error', (error) => (cause = error));
    socket.on('close', (hadError: boolean) => {
      clearTimeout(watchdog);
      if (this.#link === socket) this.#link = undefined;
      if (this.#ended.signal.aborted) return;
      this.#down(cause, endpoint);
      manager.onSocketClosed(hadError);
    });
    manager.onSocketConnected();
  }

  /** Gives the library one frame, and draws the conclusions from the state that it is in then. */
  #feed(frame: Buffer): void {
    const manager = this.#client.connectionManager;
    this.#replyCode = this.#isUp ? takeReplyCode(frame) : 0;
    this.#reply = frame;
    manager.onSocketData(frame);
    this.#reply = NO_REPLY;
    if (manager.state === LIBRARY_STATE.sessionExpired) this.#end(() => this.#options.handlers.onExpired());
    if (manager.state === LIBRARY_STATE.authenticationFailed) this.#end(() => this.#options.handlers.onAuthFailed());
  }

  #up(requestedAtMs: number, server: string): void {
    const { sessionId, sessionTimeout } = this.#client.connectionManager;
    this.#isUp = true;
    this.#options.handlers.onUp({
      sessionId: sessionId.readBigUInt64BE(),
      sessionTimeoutMs: sessionTimeout,
      requestedAtMs,
      server,
    });
  }

  #down(cause: Error, endpoint: Dialled['endpoint']): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (!wasUp) this.#options.dialer.failed(cause, endpoint);
    this.#client.connectionManager.pendingBuffer = null;
    this.#client.connectionManager.packetQueue.queue.length = 0;
    if (wasUp) this.#options.handlers.onDown(cause);
    this.#failInFlight();
  }

  /** Lets all requests of one turn of the event loop leave in one system call: a sixth of a bulk read's cost. */
  #corkForThisTurn(): void {
    const socket = this.#link;
    if (socket === undefined || socket.writableCorked > 0) return;
    socket.cork();
    process.nextTick(() => socket.uncork());
  }

  #end(report: () => void): void {
    this.abandon();
    report();
  }

  #failInFlight(): void {
    for (const [fail, path] of [...this.#inFlight]) fail(connectionLoss(path));
  }

  #toZkError(exception: LibraryException, path: string | undefined): ZkError {
    const code = this.#replyCode === 0 ? exception.code : this.#replyCode;
    return typeof code === 'number' ? ZkError.ofServerCode(code, path) : ZkError.from(exception, path);
  }

  #handshakeTimeoutMs(): number {
    return this.#client.connectionManager.sessionTimeout / 4;
  }

  #handshakeTimeout(): ZkError {
    return new ZkError('ConnectionLoss', `no session within ${this.#handshakeTimeoutMs()} ms`);
  }
}

function connectionLoss(path: string | undefined): ZkError {
  return new ZkError('ConnectionLoss', path === undefined ? 'the link broke' : `the link broke during ${path}`, {
    path,
  });
}
