import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { BulkOperations, type ListManyOptions, type ReadManyOptions } from './bulk-operations.ts';
import type { Connection } from './connection.ts';
import { deferred } from './deferred.ts';
import { Dialer } from './dialer.ts';
import { EphemeralBudget } from './ephemeral-budget.ts';
import { ZkError } from './errors.ts';
import type { SessionLease } from './lease.ts';
import type { MultiOperation, MultiResult } from './multi.ts';
import { OperationQueue } from './operation-queue.ts';
import { type NormalizedSessionOptions, normalizeSessionOptions, type ZkSessionOptions } from './session-options.ts';
import type { ConnectedState, SessionState } from './session-state.ts';
import { type SetupFunction, Setups } from './setups.ts';
import type { ZnodeStat } from './stat.ts';
import { type SessionEvents, streamStates } from './state-stream.ts';
import { Supervisor } from './supervisor.ts';
import { type WatchCallback, Watches } from './watches.ts';
import {
  type ChangeOptions,
  type CreateOptions,
  type OperationOptions,
  type ReadOptions,
  type ZnodeAcl,
  type ZnodeChildren,
  type ZnodeData,
  ZnodeOperations,
} from './znode-operations.ts';
import { canonicalPath } from './znode-path.ts';

/** What `start` takes. */
export interface StartOptions {
  /** Aborted while waiting: `start` rejects with its reason, and the session is closed. */
  readonly signal?: AbortSignal | undefined;
  /**
   * False: resolve at once and connect in the background, for ever. Operations wait for the connection.
   *
   * @defaultValue true
   */
  readonly waitForConnection?: boolean | undefined;
}

/** How long `stop` waits for the server's farewell, and then for setups to end. Their sum is below 2 s. */
const CLOSE_TIMEOUT_MS = 1000;
const SETUPS_TIMEOUT_MS = 500;

/**
 * A ZooKeeper session that survives what happens to connections, servers and sessions.
 *
 * It connects to one member after the other until one answers, notices a dead link within 5T/12, resumes the
 * session on another member, and begins a new one when the old is over; {@link ZkSession.addSetup} says what
 * is to be done then. Every operation settles within its time limit, whatever the link does.
 *
 * States are Curator's; the table of transitions is with `Supervisor`.
 *
 * @example
 * ```ts
 * const session = new ZkSession({ connectString: 'h1:2181,h2:2181/pulsekeeper' });
 * session.addSetup(async ({ reason }) => {
 *   if (reason === 'new-session') await session.create('/here', new Uint8Array(), { ephemeral: true });
 * });
 * await session.start();
 * ```
 */
export class ZkSession extends EventEmitter<SessionEvents> implements AsyncDisposable {
  readonly #options: NormalizedSessionOptions;
  readonly #queue = new OperationQueue<Connection>();
  readonly #watches: Watches;
  readonly #setups: Setups;
  readonly #dialer: Dialer;
  readonly #supervisor: Supervisor;
  readonly #operations: ZnodeOperations;
  readonly #bulk: BulkOperations;
  readonly #ephemerals: EphemeralBudget;
  readonly #closed = deferred<ZkError | undefined>();
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #onChrootFailed: ((error: ZkError) => void) | undefined;

  /**
   * Checks the options; does no I/O.
   *
   * @throws {@link ZkError} `InvalidConnectString`; RangeError or TypeError for options that cannot work.
   */
  constructor(options: ZkSessionOptions) {
    super();
    // Every part of an application that follows the state listens; their number is no sign of a leak.
    this.setMaxListeners(0);
    this.#options = normalizeSessionOptions(options);
    const { servers, sessionTimeoutMs, tls, unref, random, logger } = this.#options;
    this.#watches = new Watches(logger);
    this.#setups = new Setups(logger, random);
    this.#ephemerals = new EphemeralBudget(this.#options.maxRequestBytes);
    this.#dialer = new Dialer({ servers, sessionTimeoutMs, tls, unref, random, logger });
    this.#supervisor = new Supervisor({
      options: this.#options,
      dialer: this.#dialer,
      queue: this.#queue,
      watches: this.#watches,
      setups: this.#setups,
      onState: (state, previous) => {
        if (state.kind === 'lost') this.#ephemerals.clear();
        this.#emitState(state, previous);
      },
      onChrootFailed: (error) => this.#onChrootFailed?.(error),
      onFatal: (error) => void this.#stopOnce(error),
    });
    const ports = {
      options: this.#options,
      queue: this.#queue,
      watches: this.#watches,
      ephemerals: this.#ephemerals,
      sessionId: () => this.sessionId,
    };
    this.#operations = new ZnodeOperations(ports);
    this.#bulk = new BulkOperations(ports, this.#operations);
  }

  /** The present state. */
  get state(): SessionState {
    return this.#supervisor.state;
  }

  /** Until when ZooKeeper certainly holds this session. Ask right before acting on it. */
  get lease(): SessionLease {
    return this.#supervisor.lease;
  }

  /** The id of the session while `connected` or `suspended`, as in {@link ZnodeStat.ephemeralOwner}. */
  get sessionId(): bigint | undefined {
    const { state } = this;
    return state.kind === 'connected' || state.kind === 'suspended' ? state.sessionId : undefined;
  }

  /** The chroot that all paths are relative to, except those that begin with `//`; `''` for none. */
  get chroot(): string {
    return this.#options.chroot;
  }

  /** Why the latest attempt to connect failed; undefined while connected. */
  get lastConnectError(): Error | undefined {
    return this.#dialer.lastError;
  }

  /** Operations that have not settled yet. */
  get pendingOperations(): number {
    return this.#queue.unsettled;
  }

  /** Resolves when the session has ended, with the reason unless that was `stop()`. */
  get closed(): Promise<ZkError | undefined> {
    return this.#closed.promise;
  }

  /**
   * Connects; resolves once a server has given a session and the chroot stands. Every caller gets the same
   * promise. When it rejects, the session is closed and nothing is left behind.
   *
   * @throws {@link ZkError} `ConnectTimeout` with the last failure as `cause`; `AuthFailed`; what forbids making
   * the chroot (`NoAuth`), or `NoNode` where it is missing and `createChroot` is off; `Closed` when it was stopped. The
   * signal's reason when that is aborted.
   */
  start(options: StartOptions = {}): Promise<void> {
    this.#started ??= this.#start(options);
    return this.#started;
  }

  /**
   * Ends the session: fails what waits or is on the wire with `Closed`, tells the server so that ephemerals go
   * at once, and leaves no socket or timer. Resolves within 2 s in every state, and never rejects. Without a
   * connection the server learns nothing, and ephemerals stand until the session times out. Every caller gets
   * the same promise.
   */
  stop(): Promise<void> {
    return this.#stopOnce(undefined);
  }

  /** As {@link ZkSession.stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The present state and then every change, up to and including `closed`. An aborted signal ends it. */
  states(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<SessionState> {
    return streamStates(this, () => this.state, options.signal);
  }

  /**
   * Resolves with the state once it is `connected`; at once if it is.
   *
   * @throws {@link ZkError} the reason, or `Closed`, when the session closes; the signal's reason.
   */
  async whenConnected(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ConnectedState> {
    for await (const state of this.states(options)) {
      if (state.kind === 'connected') return state;
      if (state.kind === 'closed') throw state.reason ?? new ZkError('Closed', 'the session is closed');
    }
    throw options.signal?.reason;
  }

  /**
   * Adds work to be done after every connect: whenever a link replaces another, watches are gone, and when the
   * session is new, ephemerals are gone too. Runs at once if connected now. When it throws it runs again, with
   * growing waits, as long as the link stands. Never twice at the same time: it must end soon after its signal
   * is aborted.
   *
   * @returns what removes it, and aborts its run.
   */
  addSetup(setup: SetupFunction): () => void {
    return this.#setups.add(setup);
  }

  /** Forgets a watch callback: it will not be called for `path` until it is given to another read. */
  removeWatch(path: string, callback: WatchCallback): void {
    this.#watches.remove(canonicalPath(this.chroot, path), callback);
  }

  /**
   * Creates a node. Idempotent within the call: where the connection broke before the answer, it tries again
   * and recognises the node that the first attempt made. The paths of one session's ephemerals may take 786,431
   * bytes together (three quarters of `maxRequestBytes`), 4 more counted for each; some 12,000 of 60 bytes.
   *
   * @throws {@link ZkError} `NodeExists`, `NoNode` (no parent), `NoChildrenForEphemerals`, `NoAuth`, `DataTooLarge`,
   * `TooManyEphemerals`, `BadArguments` (path), `SessionExpired`, `OperationTimeout` (then it may or may not have been made), `Closed`.
   */
  async create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<void> {
    await this.#operations.create(path, data, options);
  }

  /** Makes sure that a persistent node stands at `path`, its parents included. Throws as `create` does. */
  async ensurePath(path: string, options: OperationOptions & Pick<CreateOptions, 'acl'> = {}): Promise<void> {
    await this.#operations.ensurePath(path, options);
  }

  /**
   * Reads a node's data. Repeated by itself when the connection breaks, within its time limit. A node that is
   * not there gets no watch.
   *
   * @throws {@link ZkError} `NoNode`, `NoAuth`, `BadArguments`, `SessionExpired`, `OperationTimeout`, `Closed`.
   */
  async getData(path: string, options: ReadOptions = {}): Promise<ZnodeData> {
    return this.#operations.getData(path, options);
  }

  /** Reads the names of a node's children. As {@link ZkSession.getData} otherwise. */
  async getChildren(path: string, options: ReadOptions = {}): Promise<ZnodeChildren> {
    return this.#operations.getChildren(path, options);
  }

  /** Reads a node's stat, undefined if there is none; its watch also tells of the creation. */
  async exists(path: string, options: ReadOptions = {}): Promise<ZnodeStat | undefined> {
    return this.#operations.exists(path, options);
  }

  /**
   * Reads who may do what with a node.
   *
   * @throws as {@link ZkSession.getData}; `NoAuth` for who may neither read nor administer the node.
   */
  async getAcl(path: string, options: OperationOptions = {}): Promise<ZnodeAcl> {
    return this.#operations.getAcl(path, options);
  }

  /**
   * Replaces a node's data.
   *
   * @throws {@link ZkError} `NoNode`, `BadVersion`, `NoAuth`, `DataTooLarge`, `BadArguments`, `SessionExpired`,
   * `Closed`; `ConnectionLoss` or `OperationTimeout`: it may or may not have been done.
   */
  async setData(path: string, data: Uint8Array, options: ChangeOptions = {}): Promise<ZnodeStat> {
    return this.#operations.setData(path, data, options);
  }

  /** Deletes a node. Throws as {@link ZkSession.setData} does, and `NotEmpty` if it has children. */
  async remove(path: string, options: ChangeOptions = {}): Promise<void> {
    await this.#operations.remove(path, options);
  }

  /**
   * Does all steps or none, atomically.
   *
   * @throws {@link ZkError} what the server said of the step it refused, with its `path` and `operationIndex`;
   * otherwise as {@link ZkSession.setData}.
   */
  async multi(operations: readonly MultiOperation[], options: OperationOptions = {}): Promise<MultiResult[]> {
    return this.#operations.multi(operations, options);
  }

  /**
   * Reads the data of many nodes, pipelined and bounded; `undefined` for those that are not there. Takes turns
   * with other operations, so it holds nobody up. The time limit is for each request, not for the whole.
   * Without a watch, servers from 3.6 on are asked for 60 nodes with one request; their data share one piece of memory.
   *
   * @throws as {@link ZkSession.getData}, except `NoNode`; RangeError for a concurrency outside 1 to 256.
   */
  async readMany(paths: Iterable<string>, options: ReadManyOptions = {}): Promise<Map<string, ZnodeData | undefined>> {
    return this.#bulk.readMany(paths, options);
  }

  /** As {@link ZkSession.readMany}, the names of the children of many nodes, in no order; without a watch, and without stats. */
  async listMany(paths: Iterable<string>, options: ListManyOptions = {}): Promise<Map<string, string[] | undefined>> {
    return this.#bulk.listMany(paths, options);
  }

  async #start({ signal, waitForConnection = true }: StartOptions): Promise<void> {
    try {
      signal?.throwIfAborted();
      if (this.state.kind === 'closed') throw new ZkError('Closed', 'the session was stopped');
      this.#supervisor.open();
      if (waitForConnection) await this.#firstConnection(signal);
    } catch (error) {
      await this.#stopOnce(ZkError.from(error));
      throw error;
    }
  }

  async #firstConnection(signal: AbortSignal | undefined): Promise<void> {
    const { connectTimeoutMs } = this.#options;
    const failed = new AbortController();
    const timer = setTimeout(() => failed.abort(this.#connectTimeout()), connectTimeoutMs);
    this.#onChrootFailed = (error) => {
      if (!error.retryable) failed.abort(error);
    };
    try {
      await this.whenConnected({
        signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
      });
    } finally {
      clearTimeout(timer);
      this.#onChrootFailed = undefined;
    }
  }

  #connectTimeout(): ZkError {
    const cause = this.#dialer.lastError;
    const why = cause === undefined ? '' : `: ${cause.message}`;
    return new ZkError('ConnectTimeout', `no session within ${this.#options.connectTimeoutMs} ms${why}`, { cause });
  }

  #stopOnce(reason: ZkError | undefined): Promise<void> {
    this.#stopped ??= this.#stop(reason);
    return this.#stopped;
  }

  async #stop(reason: ZkError | undefined): Promise<void> {
    await this.#supervisor.close(reason, CLOSE_TIMEOUT_MS);
    const giveUp = new AbortController();
    await Promise.race([
      this.#setups.settled(),
      delay(SETUPS_TIMEOUT_MS, undefined, { signal: giveUp.signal }).catch(() => undefined),
    ]);
    giveUp.abort();
    this.#closed.resolve(reason);
  }

  #emitState(state: SessionState, previous: SessionState): void {
    for (const listener of this.rawListeners('state')) {
      try {
        Reflect.apply(listener, this, [state, previous]);
      } catch (error) {
        this.#options.logger.error({ err: error, state: state.kind }, 'state listener threw');
      }
    }
  }
}
