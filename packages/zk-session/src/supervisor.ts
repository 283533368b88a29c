import { setTimeout as delay } from 'node:timers/promises';

import { toLibraryAcls } from './acl.ts';
import { fullJitterMs } from './backoff.ts';
import { Connection, type LinkInfo } from './connection.ts';
import type { Dialer } from './dialer.ts';
import { ensureServerPath, requireServerPath } from './ensure-path.ts';
import { isZkError, ZkError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { Lease } from './lease.ts';
import type { OperationQueue } from './operation-queue.ts';
import { formatSessionId } from './session-id.ts';
import type { NormalizedSessionOptions } from './session-options.ts';
import { type ConnectedState, mayFollow, type SessionState } from './session-state.ts';
import type { Setups } from './setups.ts';
import { type Watches, watchEventType } from './watches.ts';
import { fromServerPath } from './znode-path.ts';

/** What a {@link Supervisor} works with. */
export interface SupervisorPorts {
  readonly options: NormalizedSessionOptions;
  readonly dialer: Dialer;
  readonly queue: OperationQueue<Connection>;
  readonly watches: Watches;
  readonly setups: Setups;
  /** The state changed; called after the queue was told and before setups run. */
  readonly onState: (state: SessionState, previous: SessionState) => void;
  /** A server gave a session, but its chroot cannot be made. It is tried again. */
  readonly onChrootFailed: (error: ZkError) => void;
  /** Nothing that is tried again will help. */
  readonly onFatal: (error: ZkError) => void;
}

/** A name that nobody makes. Removing it needs a quorum and changes nothing. */
const PROBE_NAME = '~zk-session-probe~';
/** Should somebody make it after all: a version that no node reaches. */
const PROBE_VERSION = 0x7fff_ffff;
/** Answers of a quorum. Any other error says that the member could not ask one. */
const PROBE_ANSWERS = ['NoNode', 'NoAuth', 'BadVersion'] as const;

/**
 * Keeps one ZooKeeper session after the other, each with a client object of its own.
 *
 * | state | next | when |
 * | --- | --- | --- |
 * | connecting | connected | a server gave a session, and the chroot stands |
 * | connected | suspended | the link broke, or a probe had no answer in time |
 * | connected | lost | the lease ran out before anything else was noticed (a blocked event loop) |
 * | suspended | connected | a server took the session again: same session id, same generation |
 * | suspended | lost | the lease ran out, or a server said that the session has expired |
 * | lost | connected | a new client object has a new session: generation + 1 |
 * | any | closed | `close` |
 *
 * A client object that cannot get its session back within the lease is given up, even if no server ever says
 * `expired`: servers whose data was wiped refuse it for ever, and take a new one at once.
 */
export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #lease: Lease;
  readonly #probePath: string;
  #state: SessionState;
  #generation = 0;
  #connection: Connection | undefined;
  /** Whether the present connection's session has been `connected` before. */
  #isEstablished = false;
  #heartbeat: Heartbeat | undefined;
  #linkEnded = new AbortController();
  #leaseTimer: NodeJS.Timeout | undefined;
  #grantedTimeoutMs = 0;

  constructor(ports: SupervisorPorts) {
    this.#ports = ports;
    this.#lease = new Lease(() => ports.options.clock.monotonic());
    this.#probePath = `${ports.options.chroot}/${PROBE_NAME}`;
    this.#state = { kind: 'connecting', sinceMs: ports.options.clock.now() };
  }

  get state(): SessionState {
    return this.#state;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /**
   * Begins to connect, for ever.
   *
   * @throws {@link ZkError} `IncompatibleClientLibrary`.
   */
  open(): void {
    this.#replaceConnection();
  }

  /** Ends the session on the server, as far as it can be told within `timeoutMs`, and everything here. */
  async close(reason: ZkError | undefined, timeoutMs: number): Promise<void> {
    const connection = this.#connection;
    this.#transition({ kind: 'closed', sinceMs: this.#now(), reason });
    this.#endLink();
    clearTimeout(this.#leaseTimer);
    this.#lease.revoke();
    await connection?.close(timeoutMs);
  }

  #replaceConnection(): void {
    const { options, dialer } = this.#ports;
    this.#isEstablished = false;
    const connection: Connection = new Connection({
      dialer,
      sessionTimeoutMs: options.sessionTimeoutMs,
      auth: options.auth,
      monotonic: () => options.clock.monotonic(),
      handlers: {
        onUp: (link) => this.#onUp(connection, link),
        onDown: (cause) => this.#onDown(cause),
        onExpired: () => this.#giveUp(new ZkError('SessionExpired', 'the server has expired the session')),
        onAuthFailed: () => this.#ports.onFatal(new ZkError('AuthFailed', 'the server refused the credentials')),
        onWatchEvent: (wireType, serverPath) => this.#onWatchEvent(wireType, serverPath),
      },
    });
    this.#connection = connection;
    connection.open();
  }

  #onUp(connection: Connection, link: LinkInfo): void {
    const { clock, logger, sessionTimeoutMs } = this.#ports.options;
    this.#lease.renew(link.requestedAtMs, link.sessionTimeoutMs);
    this.#armLeaseTimer();
    if (link.sessionTimeoutMs !== sessionTimeoutMs && link.sessionTimeoutMs !== this.#grantedTimeoutMs) {
      const fields = { requestedMs: sessionTimeoutMs, grantedMs: link.sessionTimeoutMs };
      logger.warn(fields, 'server granted another session timeout');
    }
    this.#grantedTimeoutMs = link.sessionTimeoutMs;
    this.#linkEnded = new AbortController();
    this.#heartbeat = new Heartbeat({
      sessionTimeoutMs: link.sessionTimeoutMs,
      monotonic: () => clock.monotonic(),
      probe: () => this.#probe(connection),
      receivedAtMs: () => connection.receivedAtMs,
      onAnswer: (sentAtMs) => {
        this.#lease.renew(sentAtMs, link.sessionTimeoutMs);
        this.#ports.dialer.succeeded();
      },
      onOverdue: (waitedMs) =>
        connection.breakLink(
          new ZkError('ConnectionLoss', `${link.server} left a probe unanswered for ${Math.round(waitedMs)} ms`),
        ),
    });
    this.#heartbeat.start();
    if (this.#isEstablished) this.#connected(link);
    // Never rejects.
    else void this.#establish(connection, link, this.#linkEnded.signal);
  }

  /** Makes the chroot, or waits for it, again and again while the link stands, and only then lets anybody use the session. */
  async #establish(connection: Connection, link: LinkInfo, linkEnded: AbortSignal): Promise<void> {
    const { chroot, createChroot, acl, random, logger } = this.#ports.options;
    for (let attempt = 0; !linkEnded.aborted; attempt += 1) {
      try {
        if (chroot !== '') {
          if (createChroot) await ensureServerPath(connection, chroot, toLibraryAcls(acl));
          else await requireServerPath(connection, chroot);
        }
        if (isAborted(linkEnded)) return;
        this.#isEstablished = true;
        this.#generation += 1;
        this.#connected(link);
        return;
      } catch (error) {
        if (isAborted(linkEnded)) return;
        if (attempt === 0) logger.error({ err: error, path: chroot }, 'chroot cannot be had');
        this.#ports.onChrootFailed(ZkError.from(error, chroot));
        const waitMs = fullJitterMs({ baseMs: 200, capMs: 5000, random }, attempt);
        await delay(waitMs, undefined, { signal: linkEnded, ref: false }).catch(() => undefined);
      }
    }
  }

  #connected(link: LinkInfo): void {
    this.#transition({
      kind: 'connected',
      sinceMs: this.#now(),
      sessionId: link.sessionId,
      generation: this.#generation,
      sessionTimeoutMs: link.sessionTimeoutMs,
      server: link.server,
    });
  }

  #onDown(cause: Error): void {
    this.#endLink();
    if (this.#state.kind !== 'connected') return;
    const { sessionId, generation } = this.#state;
    this.#transition({ kind: 'suspended', sinceMs: this.#now(), sessionId, generation, cause });
  }

  /** The present client object's session is over, or has to be taken for over: on to the next one. */
  #giveUp(cause: ZkError): void {
    const connection = this.#connection;
    this.#lease.revoke();
    clearTimeout(this.#leaseTimer);
    this.#endLink();
    if (this.#state.kind === 'connected' || this.#state.kind === 'suspended') {
      const { sessionId, generation } = this.#state;
      this.#transition({ kind: 'lost', sinceMs: this.#now(), sessionId, generation, cause });
    }
    connection?.abandon();
    // A listener of `lost` may have closed the session.
    if (this.#state.kind !== 'closed') this.#replaceConnection();
  }

  #onWatchEvent(wireType: number, serverPath: string): void {
    const type = watchEventType(wireType);
    if (type === undefined) return;
    this.#ports.watches.dispatch({ type, path: fromServerPath(this.#ports.options.chroot, serverPath) });
  }

  async #probe(connection: Connection): Promise<void> {
    try {
      await connection.call<[]>(undefined, (client, callback) =>
        client.remove(this.#probePath, PROBE_VERSION, callback),
      );
    } catch (error) {
      if (!isZkError(error, ...PROBE_ANSWERS)) throw error;
    }
  }

  #armLeaseTimer(): void {
    clearTimeout(this.#leaseTimer);
    const leftMs = this.#lease.expiresAtMonotonicMs - this.#ports.options.clock.monotonic();
    this.#leaseTimer = setTimeout(
      () => {
        if (this.#lease.isHeld()) this.#armLeaseTimer();
        else this.#giveUp(new ZkError('SessionExpired', 'no quorum has answered within the session timeout'));
      },
      Math.max(1, Math.ceil(leftMs)),
    );
    this.#leaseTimer.unref();
  }

  #endLink(): void {
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#linkEnded.abort(new ZkError('ConnectionLoss', 'the link broke'));
  }

  #transition(next: SessionState): void {
    const previous = this.#state;
    if (!mayFollow(previous.kind, next.kind))
      throw new TypeError(`a session cannot go from ${previous.kind} to ${next.kind}`);
    this.#state = next;
    this.#enter(next);
    this.#log(next, previous);
    this.#ports.onState(next, previous);
    if (next.kind === 'connected' && this.#state === next) this.#ports.setups.connected(next);
  }

  #enter(next: SessionState): void {
    const { queue, watches, setups } = this.#ports;
    switch (next.kind) {
      case 'connecting':
        break;
      case 'connected':
        if (this.#connection !== undefined) queue.open(this.#connection);
        break;
      case 'suspended':
        queue.suspend();
        watches.clear();
        setups.disconnected(next.cause);
        break;
      case 'lost':
        queue.failAll(next.cause);
        watches.clear();
        setups.disconnected(next.cause);
        break;
      case 'closed': {
        const error = next.reason ?? new ZkError('Closed', 'the session is closed');
        queue.close(error);
        watches.clear();
        setups.disconnected(error);
        break;
      }
    }
  }

  #log(next: SessionState, previous: SessionState): void {
    const { logger } = this.#ports.options;
    const fields = { from: previous.kind, to: next.kind, ...describe(next) };
    if (next.kind === 'suspended' || next.kind === 'lost') logger.warn(fields, 'session state changed');
    else logger.info(fields, 'session state changed');
  }

  #now(): number {
    return this.#ports.options.clock.now();
  }
}

function describe(state: SessionState): object {
  switch (state.kind) {
    case 'connecting':
      return {};
    case 'connected':
      return describeConnected(state);
    case 'suspended':
    case 'lost':
      return { sessionId: formatSessionId(state.sessionId), err: state.cause };
    case 'closed':
      return { err: state.reason };
  }
}

function describeConnected({ sessionId, generation, sessionTimeoutMs, server }: ConnectedState): object {
  return { sessionId: formatSessionId(sessionId), generation, sessionTimeoutMs, server };
}

/** Asked anew after an await, which the compiler's narrowing does not know of. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
