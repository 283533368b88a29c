import type { Logger } from '@pulsekeeper/model';
import type { CollectorMembership } from '@pulsekeeper/registry';

/** Least time between two notes: a storm of registrations must not become a storm of writes to ZooKeeper. */
const MIN_SPACING_MS = 1_000;

/** Notes in the collector's own znode which version of the ring it works by. */
export class RingNote {
  readonly #membership: CollectorMembership;
  readonly #logger: Logger;
  #wanted: string | undefined;
  #noted: string | undefined;
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(membership: CollectorMembership, logger: Logger) {
    this.#membership = membership;
    this.#logger = logger;
  }

  /** Says which version is in force; written at once after a quiet time, at most once a second otherwise. */
  set(ring: string | undefined): void {
    this.#wanted = ring;
    if (!this.#isBusy && !this.#isStopped && ring !== undefined && ring !== this.#noted) void this.#write(ring);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #write(ring: string): Promise<void> {
    this.#isBusy = true;
    try {
      await this.#membership.update({ ring });
      this.#noted = ring;
    } catch (err) {
      this.#logger.debug({ err }, 'version of the ring could not be noted');
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#isBusy = false;
      this.set(this.#wanted);
    }, MIN_SPACING_MS).unref();
  }
}
