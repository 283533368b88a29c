import type { Directory } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

/** What {@link Standing} looks at. */
export interface StandingSources {
  readonly session: { readonly lease: Pick<ZkSession['lease'], 'isHeld' | 'expiresAtMonotonicMs'> };
  readonly directory: Pick<Directory, 'isCurrent'>;
}

/**
 * Whether this collector may be sure that its targets are still its own: connected, everything read since the connection
 * was made, and the lease held at this very moment. If not, others may have taken its targets over.
 */
export class Standing {
  readonly #sources: StandingSources;
  #distrustedLeaseMs = -Infinity;

  constructor(sources: StandingSources) {
    this.#sources = sources;
  }

  /** To be asked right before acting; O(1). */
  isSure(): boolean {
    const { session, directory } = this.#sources;
    const { lease } = session;
    return directory.isCurrent && lease.isHeld() && lease.expiresAtMonotonicMs > this.#distrustedLeaseMs;
  }

  /** The process stood still: the lease counts again only once it was renewed. */
  distrust(): void {
    this.#distrustedLeaseMs = this.#sources.session.lease.expiresAtMonotonicMs;
  }
}
