import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { fullJitterMs } from './backoff.ts';
import type { ServerAddress } from './connect-string.ts';
import { type Endpoint, Endpoints, type ResolveHost } from './endpoints.ts';
import { ZkError } from './errors.ts';
import type { SessionLogger } from './session-logger.ts';
import { openSocket, type ZkTlsOptions } from './socket-opener.ts';

/** An open connection and where it leads. */
export interface Dialled {
  readonly socket: Socket;
  readonly endpoint: Endpoint;
}

/** What a {@link Dialer} works with. */
export interface DialerOptions {
  readonly servers: readonly ServerAddress[];
  readonly sessionTimeoutMs: number;
  readonly tls: ZkTlsOptions | undefined;
  readonly unref: boolean;
  readonly random: () => number;
  readonly logger: SessionLogger;
  /** @defaultValue the system's resolver, all addresses */
  readonly resolve?: ResolveHost | undefined;
}

const MAX_REDIAL_JITTER_MS = 250;
const MAX_BACKOFF_MS = 2000;

/**
 * Opens connections to the ensemble, one attempt at a time, for as long as it is asked to.
 *
 * The first attempt after a broken link waits a random moment of at most T/40, so that the clients of a
 * member that died do not fall upon the next one together. Once every address has been tried in vain it waits
 * with full jitter, up to T/4 or 2 s. One dialer serves all client objects of a session, so neither the wait
 * nor the order begins anew with a new client.
 */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #endpoints: Endpoints;
  #failedRounds = 0;
  #failedAttempts = 0;
  #hasSucceeded = false;
  #lastError: Error | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#endpoints = new Endpoints({
      servers: options.servers,
      resolve: options.resolve ?? resolveAll,
      resolveTimeoutMs: options.sessionTimeoutMs / 8,
      random: options.random,
      onUnresolved: (host, error) => this.failed(new ZkError('Unknown', `cannot resolve ${host}`, { cause: error })),
    });
  }

  /** Why the latest attempt failed; undefined while all is well. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** The present link works: the next failure is a first one again. */
  succeeded(): void {
    if (this.#failedAttempts > 0) {
      this.#options.logger.info({ failedAttempts: this.#failedAttempts }, 'zookeeper reached again');
    }
    this.#failedRounds = 0;
    this.#failedAttempts = 0;
    this.#lastError = undefined;
    this.#hasSucceeded = true;
    this.#endpoints.restart();
  }

  /** An attempt got nowhere, or a link broke before it had proved anything. */
  failed(error: Error, endpoint?: Endpoint): void {
    this.#failedAttempts += 1;
    this.#lastError = error;
    const fields = { err: error, server: endpoint?.address, failedAttempts: this.#failedAttempts };
    if (this.#failedAttempts === 1) this.#options.logger.warn(fields, 'cannot connect to zookeeper');
    else this.#options.logger.debug(fields, 'cannot connect to zookeeper');
  }

  /**
   * Waits for its turn and makes one attempt.
   *
   * @param attemptSignal - makes the signal that bounds the attempt itself, called when it begins.
   * @throws when the attempt fails, or with the signal's reason.
   */
  async dial(signal: AbortSignal, attemptSignal: () => AbortSignal): Promise<Dialled> {
    await delay(this.#waitMs(), undefined, { signal, ref: !this.#options.unref });
    const endpoint = await this.#endpoints.next();
    signal.throwIfAborted();
    if (endpoint === undefined) throw this.#lastError ?? new ZkError('Unknown', 'no server has an address');
    try {
      const { tls, unref } = this.#options;
      const socket = await openSocket(endpoint, { tls, unref, signal: attemptSignal() });
      return { socket, endpoint };
    } catch (error) {
      if (!signal.aborted) this.failed(error as Error, endpoint);
      throw error;
    }
  }

  #waitMs(): number {
    const { sessionTimeoutMs, random } = this.#options;
    if (!this.#endpoints.isRoundOver) return 0;
    if (this.#failedAttempts === 0) {
      return this.#hasSucceeded ? random() * Math.min(sessionTimeoutMs / 40, MAX_REDIAL_JITTER_MS) : 0;
    }
    this.#failedRounds += 1;
    const policy = { baseMs: sessionTimeoutMs / 20, capMs: Math.min(sessionTimeoutMs / 4, MAX_BACKOFF_MS), random };
    return fullJitterMs(policy, this.#failedRounds - 1);
  }
}

const resolveAll: ResolveHost = async (host) => {
  const addresses = await lookup(host, { all: true, verbatim: true });
  return addresses.map(({ address }) => address);
};
