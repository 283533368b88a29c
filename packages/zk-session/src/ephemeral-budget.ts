import { ZkError } from './errors.ts';

/** What a path costs in the transaction that ends a session, besides its bytes. */
const BYTES_PER_PATH = 4;
/** The share of the servers' buffer that the paths may take, the rest being headers. */
const SHARE = 3 / 4;

/**
 * Bounds the ephemerals of one session. When a session ends, the leader proposes one transaction with the paths
 * of all of them; once that exceeds the buffer of the members, the whole ensemble goes down.
 *
 * Costs a set of the paths. What others delete stays counted until this session makes or removes it again.
 */
export class EphemeralBudget {
  readonly #maxBytes: number;
  readonly #paths = new Set<string>();
  #bytes = 0;

  /** @param maxRequestBytes - the servers' `jute.maxbuffer`. */
  constructor(maxRequestBytes: number) {
    this.#maxBytes = maxRequestBytes * SHARE;
  }

  /**
   * Counts a path before it is created.
   *
   * @returns whether it was not counted yet; if so, the caller gives it back should the creation be refused.
   * @throws {@link ZkError} `TooManyEphemerals`.
   */
  add(serverPath: string): boolean {
    if (this.#paths.has(serverPath)) return false;
    const bytes = costOf(serverPath);
    if (this.#bytes + bytes > this.#maxBytes) {
      const message = `${this.#paths.size} ephemerals with paths of ${this.#bytes} bytes are all that one session may own`;
      throw new ZkError('TooManyEphemerals', message, { path: serverPath });
    }
    this.#paths.add(serverPath);
    this.#bytes += bytes;
    return true;
  }

  /** The node is gone, or was never made. */
  remove(serverPath: string): void {
    if (this.#paths.delete(serverPath)) this.#bytes -= costOf(serverPath);
  }

  /** The session is over, and all its ephemerals with it. */
  clear(): void {
    this.#paths.clear();
    this.#bytes = 0;
  }
}

function costOf(serverPath: string): number {
  return BYTES_PER_PATH + Buffer.byteLength(serverPath);
}
