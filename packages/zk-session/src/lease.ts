/**
 * Until when this process may be sure that ZooKeeper still holds its session, and so its ephemerals.
 *
 * Only an answer that needed a quorum proves anything: a member cut off from its leader serves reads for
 * seconds after the leader has expired the session. Times are monotonic milliseconds
 * ({@link SessionClock.monotonic}).
 */
export interface SessionLease {
  /** The first moment at which the lease no longer holds; `-Infinity` when there has never been one. */
  readonly expiresAtMonotonicMs: number;
  /**
   * Whether the lease holds at this moment. Ask right before acting: the event loop may have been blocked
   * since the last state change. The default is the clock's present time.
   */
  isHeld(nowMonotonicMs?: number): boolean;
}

/** The share of T by which the lease ends before the server may expire: clock drift, late timers. */
const GUARD = 1 / 20;

/** The {@link SessionLease} of a session, with the handles to renew and to revoke it. */
export class Lease implements SessionLease {
  readonly #monotonic: () => number;
  #expiresAtMonotonicMs = -Infinity;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  get expiresAtMonotonicMs(): number {
    return this.#expiresAtMonotonicMs;
  }

  isHeld(nowMonotonicMs = this.#monotonic()): boolean {
    return nowMonotonicMs < this.#expiresAtMonotonicMs;
  }

  /**
   * A request that was sent at `sentAtMs` was answered by a quorum: the server counts T from some moment
   * after that one. An answer that overtook a later one changes nothing.
   */
  renew(sentAtMs: number, sessionTimeoutMs: number): void {
    this.#expiresAtMonotonicMs = Math.max(this.#expiresAtMonotonicMs, sentAtMs + sessionTimeoutMs * (1 - GUARD));
  }

  /** The session is known to be over. */
  revoke(): void {
    this.#expiresAtMonotonicMs = -Infinity;
  }
}
