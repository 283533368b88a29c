import { EventEmitter } from 'node:events';
import {
  deferred,
  fullJitterBackoff,
  silentLogger,
  systemClock,
  type Clock,
  type Deferred,
  type Logger,
} from '@pulsekeeper/model';
import { abortReason, onAbort } from './abort.ts';
import { claimZnode, type ClaimOutcome } from './claim-znode.ts';
import { isRetryable, messageOf, nameTaken, RegistryError } from './errors.ts';
import { holdRegistrantKey, processSurroundings } from './registrant-key.ts';
import { RegistrationDataKeeper, type RegistrationData } from './registration-data.ts';
import type { RegistrationOptions } from './registration-options.ts';
import type { RegistrationEvents, RegistrationState } from './registration-state.ts';
import { connectedSessionId, type RegistrySession } from './registry-session.ts';
import { safeEmit } from './safe-emit.ts';
import { timerMs } from './timer-limit.ts';
import { claimPath, releasePath, withdraw, withdrawLater } from './withdrawal.ts';

/** Least time between two passes that events of the znode cause: a script that deletes it in a loop costs 5 writes/s. */
const PASS_SPACING_MS = 200;
/** How long `close` waits for ZooKeeper, unless it is told otherwise: so that it takes less than 2 s in every state. */
const CLOSE_TIMEOUT_MS = 1500;
/** Why what a registration has under way is given up; it never leaves the registration. */
const LIFE_OVER = new Error('the registration is closed');
/** Sessions that are remembered as our own; the server drops their nodes within a session timeout. */
const MAX_FORMER_SESSIONS = 8;

/**
 * An ephemeral znode that stands whatever happens, from `start` to `close`: it takes over at once what a former run or
 * session of ours left behind, comes back when it is deleted by hand, and is made again after a lost session.
 *
 * | from | on | to |
 * | --- | --- | --- |
 * | idle | start | registering |
 * | registering, suspended, waiting | a pass found or made our node | registered |
 * | registered | session suspended | suspended |
 * | registered | its node was gone, and was made anew | registered, with another `czxid` |
 * | registered, suspended, waiting | session lost | registering |
 * | registering, registered, suspended | somebody else's node found | waiting |
 * | any | close, session closed, `start` failed | closed |
 *
 * Never throws in the background. Concurrency: passes run one at a time; calls may come at any moment.
 */
export class Registration extends EventEmitter<RegistrationEvents> {
  /** Path of the znode, relative to the chroot. */
  readonly path: string;
  readonly #id = Symbol('registration');
  readonly #session: RegistrySession;
  readonly #options: RegistrationOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #data: RegistrationDataKeeper;
  readonly #backoff: (attempt: number) => number;
  readonly #life = new AbortController();
  readonly #standing = deferred<undefined>();
  readonly #updates = new Set<{ readonly revision: number; readonly end: Deferred<undefined> }>();
  readonly #formerSessionIds = new Set<bigint>();
  readonly #cleanups: (() => void)[] = [];
  #state: RegistrationState = { kind: 'idle' };
  #hasStood = false;
  #failures = 0;
  #lastPassMs = Number.NEGATIVE_INFINITY;
  #wanted: 'soon' | 'urgent' | undefined;
  #pass: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RegistrationOptions) {
    super();
    this.path = options.path;
    this.#session = options.session;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = (options.logger ?? silentLogger).child({ component: 'registration', path: options.path });
    this.#data = new RegistrationDataKeeper(options.data);
    this.#backoff = fullJitterBackoff({ baseMs: 100, capMs: 2000, random: options.random });
    // Nobody may be waiting: `start` was aborted, or the update's caller did not look.
    this.#standing.promise.catch(() => undefined);
  }

  /** Where the registration is. */
  get state(): RegistrationState {
    return this.#state;
  }

  /**
   * Resolves once the znode stands. Waits for the session as long as it takes; bound it with `signal`.
   *
   * @throws RegistryError `Closed` when it was closed; `NameTaken` when somebody else holds the name for longer than `nameTakenGraceMs`, or when the
   * signal aborts meanwhile; the session's error when it is not worth a retry (`NoAuth`); the signal's reason. After a
   * failure the registration is closed and leaves nothing behind.
   */
  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#state.kind === 'closed' || this.#closing !== undefined) throw this.#closedError();
    if (this.#state.kind === 'idle') this.#begin();
    const stopListening = onAbort(signal, () => {
      const error = this.#state.kind === 'waiting' ? this.#takenError(abortReason(signal)) : abortReason(signal);
      void this.#giveUp(error);
    });
    try {
      await this.#standing.promise;
    } finally {
      stopListening();
    }
  }

  /**
   * Resolves once the znode stands; at once when it does now.
   *
   * @throws the reason why it was closed, or RegistryError `Closed`; the signal's reason.
   */
  async whenRegistered({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const reached = deferred<undefined>();
    const look = (): void => {
      if (this.#state.kind === 'registered') reached.resolve(undefined);
      else if (this.#state.kind === 'closed') reached.reject(this.#state.reason ?? this.#closedError());
    };
    const stopListening = onAbort(signal, () => reached.reject(abortReason(signal)));
    this.on('state', look);
    try {
      look();
      await reached.promise;
    } finally {
      this.off('state', look);
      stopListening();
    }
  }

  /**
   * Writes new data in place (`setData`), so that observers never miss the znode. Resolves once it is written, which
   * may be after the next connection; the last of several updates wins.
   *
   * @throws RegistryError `Closed` when it was closed, before or meanwhile; the signal's reason, and then the update itself
   * is not taken back.
   */
  async update(data: RegistrationData, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#state.kind === 'closed' || this.#closing !== undefined) throw this.#closedError();
    const update = { revision: this.#data.replace(data), end: deferred<undefined>() };
    this.#updates.add(update);
    const stopListening = onAbort(signal, () => update.end.reject(abortReason(signal)));
    try {
      this.#kick({ isUrgent: true });
      await update.end.promise;
    } finally {
      stopListening();
      this.#updates.delete(update);
    }
  }

  /**
   * Withdraws the znode. Takes `closeTimeoutMs` at most; without a connection it ends at once, and what may still stand is
   * withdrawn after the next one, as long as the session lives. Never rejects. Every caller gets the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close(undefined);
    return this.#closing;
  }

  /** As {@link Registration.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(): void {
    this.#transition({ kind: 'registering' });
    claimPath(this.#session, this.path, this.#id);
    this.#cleanups.push(holdRegistrantKey(this.#options.key));
    const onState = (): void => this.#followSession();
    this.#session.on('state', onState);
    this.#cleanups.push(() => this.#session.off('state', onState));
    // Runs at once where there is a connection, and after each reconnect; the pass that it asks for is not waited for.
    this.#cleanups.push(this.#session.addSetup(() => this.#kick({ isUrgent: true })));
    this.#followSession();
  }

  #followSession(): void {
    const session = this.#session.state;
    const state = this.#state;
    switch (session.kind) {
      case 'suspended':
        if (state.kind === 'registered') this.#transition({ ...state, kind: 'suspended' });
        return;
      case 'lost':
        if (state.kind !== 'closed' && state.kind !== 'registering') this.#transition({ kind: 'registering' });
        return;
      case 'closed': {
        const message = `the session of ${this.path} is closed`;
        void this.#giveUp(new RegistryError('Closed', message, { path: this.path, cause: session.reason }));
        return;
      }
      case 'connecting':
      case 'connected':
        return;
    }
  }

  /** Asks for a pass: at once when it is urgent or the last one is some time ago, else after the spacing. */
  #kick({ isUrgent = false }: { isUrgent?: boolean } = {}): void {
    this.#wanted = isUrgent || this.#wanted === 'urgent' ? 'urgent' : 'soon';
    if (this.#life.signal.aborted || this.#pass !== undefined || this.#state.kind === 'idle') return;
    const waitMs = this.#wanted === 'urgent' ? 0 : this.#lastPassMs + PASS_SPACING_MS - this.#clock.monotonic();
    if (waitMs <= 0) this.#run();
    else this.#runIn(waitMs);
  }

  #runIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), delayMs).unref();
  }

  #run(): void {
    if (this.#pass !== undefined || this.#life.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#pass = this.#runPass().then((retryInMs) => {
      this.#pass = undefined;
      if (retryInMs !== undefined && this.#wanted !== 'urgent') this.#runIn(retryInMs);
      else if (this.#wanted !== undefined) this.#kick();
    });
  }

  /** One pass; never rejects. Gives the delay after which it must be repeated, if so. */
  async #runPass(): Promise<number | undefined> {
    this.#wanted = undefined;
    const sessionId = connectedSessionId(this.#session);
    // Not connected: the session's next state asks again.
    if (sessionId === undefined) return undefined;
    this.#lastPassMs = this.#clock.monotonic();
    const revision = this.#data.revision;
    // Before the first write: a create whose answer is lost counts as ours too.
    this.#rememberSession(sessionId);
    try {
      if (this.#state.kind === 'registering') await this.#options.prepare?.(this.#life.signal);
      const outcome = await claimZnode(this.#session, {
        path: this.path,
        claimant: {
          sessionId,
          formerSessionIds: this.#formerSessionIds,
          key: this.#options.key,
          hasStood: this.#hasStood,
        },
        around: this.#options.around ?? processSurroundings,
        data: this.#data,
        keyOf: this.#options.keyOf,
        adopt: this.#options.adopt ?? (() => false),
        isFreeExpected: this.#state.kind === 'registering',
        watch: this.#onZnodeEvent,
        signal: this.#life.signal,
      });
      // The session may have changed meanwhile; then this outcome is history and the new one has asked for a pass.
      if (connectedSessionId(this.#session) !== sessionId) return undefined;
      this.#settle(outcome, sessionId, revision);
      return undefined;
    } catch (error) {
      return this.#onFailure(error);
    }
  }

  readonly #onZnodeEvent = (): void => this.#kick();

  #settle(outcome: ClaimOutcome, sessionId: bigint, revision: number): void {
    this.#failures = 0;
    if (this.#life.signal.aborted) return;
    if (outcome.kind === 'refused') {
      this.#onRefused(outcome);
      return;
    }
    const { czxid } = outcome.node.stat;
    this.#hasStood = true;
    this.#data.noteStanding(revision);
    const state = this.#state;
    if (state.kind !== 'registered' || state.czxid !== czxid || state.sessionId !== sessionId) {
      this.#transition({ kind: 'registered', sessionId, czxid });
    }
    this.#standing.resolve(undefined);
    for (const update of this.#updates) {
      if (update.revision <= revision) update.end.resolve(undefined);
    }
  }

  #onRefused({ claim, owner }: Extract<ClaimOutcome, { kind: 'refused' }>): void {
    this.#data.forget();
    const isNews = this.#state.kind !== 'waiting' || this.#state.owner.sessionId !== owner.sessionId;
    if (!isNews) return;
    this.#transition({ kind: 'waiting', claim, owner });
    if (this.#hasStood) {
      this.#logger.error({ owner, claim }, 'name is held by somebody else; waiting for it');
      return;
    }
    const graceMs = this.#options.nameTakenGraceMs ?? 0;
    if (graceMs === 0) {
      void this.#giveUp(this.#takenError());
      return;
    }
    this.#logger.warn({ owner, graceMs }, 'name is held by somebody else; waiting for it');
    if (this.#graceTimer !== undefined) return;
    this.#graceTimer = setTimeout(() => {
      if (this.#state.kind === 'waiting' && !this.#hasStood) void this.#giveUp(this.#takenError());
    }, timerMs(graceMs)).unref();
    this.#cleanups.push(() => clearTimeout(this.#graceTimer));
  }

  #onFailure(error: unknown): number | undefined {
    if (this.#life.signal.aborted) return undefined;
    this.#failures += 1;
    const attempt = this.#failures;
    if (attempt === 1) this.#logger.warn({ err: error }, 'registration failed; trying again');
    safeEmit(this.#logger, this, 'failed', error, attempt);
    if (!this.#hasStood && !isRetryable(error)) {
      void this.#giveUp(error instanceof Error ? error : new Error(messageOf(error)));
      return undefined;
    }
    return this.#backoff(attempt - 1);
  }

  #rememberSession(sessionId: bigint): void {
    this.#formerSessionIds.delete(sessionId);
    this.#formerSessionIds.add(sessionId);
    for (const oldest of this.#formerSessionIds) {
      if (this.#formerSessionIds.size <= MAX_FORMER_SESSIONS) break;
      this.#formerSessionIds.delete(oldest);
    }
  }

  #giveUp(reason: unknown): Promise<void> {
    this.#closing ??= this.#close(reason instanceof Error ? reason : new Error(messageOf(reason)));
    return this.#closing;
  }

  async #close(reason: Error | undefined): Promise<void> {
    const mayStand = this.#state.kind !== 'idle';
    this.#life.abort(LIFE_OVER);
    clearTimeout(this.#timer);
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    await this.#pass;
    this.#session.removeWatch(this.path, this.#onZnodeEvent);
    if (mayStand) await this.#withdraw();
    this.#transition({ kind: 'closed', reason });
    // An error is costly to make, and 10,000 registrations may close at once: only where somebody is told.
    if (this.#hasStood && this.#updates.size === 0) return;
    const error = reason ?? this.#closedError();
    this.#standing.reject(error);
    for (const update of this.#updates) update.end.reject(error);
  }

  /** Removes the znode when it is ours: now, or after the next connection of a session that goes on. */
  async #withdraw(): Promise<void> {
    const { key, keyOf } = this.#options;
    const withdrawal = { session: this.#session, path: this.path, key, keyOf, logger: this.#logger };
    const overdue = new AbortController();
    const closeTimeoutMs = this.#options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS;
    const giveUp = (): void => overdue.abort(new Error(`no answer within ${closeTimeoutMs} ms`));
    const timer = setTimeout(giveUp, timerMs(closeTimeoutMs)).unref();
    try {
      if (connectedSessionId(this.#session) === undefined) {
        withdrawLater(withdrawal, this.#id);
        return;
      }
      await withdraw(withdrawal, this.#id, overdue.signal);
      releasePath(this.#session, this.path, this.#id);
    } catch (err) {
      this.#logger.warn({ err }, 'znode could not be withdrawn');
      withdrawLater(withdrawal, this.#id);
    } finally {
      clearTimeout(timer);
    }
  }

  #transition(next: RegistrationState): void {
    const previous = this.#state;
    if (previous.kind === 'closed') return;
    this.#state = next;
    this.#logger.debug({ from: previous.kind, to: next.kind }, 'registration changed state');
    safeEmit(this.#logger, this, 'state', next, previous);
  }

  #takenError(cause?: unknown): RegistryError {
    return nameTaken(this.path, this.#state.kind === 'waiting' ? this.#state.owner : undefined, cause);
  }

  #closedError(): RegistryError {
    const cause = this.#state.kind === 'closed' ? this.#state.reason : undefined;
    return new RegistryError('Closed', `the registration of ${this.path} is closed`, { path: this.path, cause });
  }
}
