import type { Logger } from '@pulsekeeper/model';
import type { Store } from '@pulsekeeper/store';

import type { CollectorReport } from './collector-report.ts';

/** Settings of {@link Heartbeat}. */
export interface HeartbeatOptions {
  readonly store: Pick<Store, 'publishCollectorStatus'>;
  readonly report: () => CollectorReport;
  readonly intervalMs: number;
  readonly logger: Logger;
}

/** A heartbeat is forgotten after so many intervals without a new one. */
const KEPT_INTERVALS = 10;

/** Publishes the collector's report in Redis every now and then. One that cannot be published is skipped. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #publishing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.publish(), this.#options.intervalMs).unref();
    void this.publish();
  }

  /** Publishes now, unless one is on its way, which then counts for it. Never rejects. */
  publish(): Promise<void> {
    this.#publishing ??= this.#publish().finally(() => (this.#publishing = undefined));
    return this.#publishing;
  }

  /** Publishes what there is to say at the end, behind one that is on its way, and no more. Never rejects. */
  async publishLast(): Promise<void> {
    this.stop();
    await this.#publishing;
    await this.publish();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #publish(): Promise<void> {
    const { store, report, intervalMs, logger } = this.#options;
    try {
      const status = report();
      await store.publishCollectorStatus(status.id, status, KEPT_INTERVALS * intervalMs);
      this.#hasFailed = false;
    } catch (err) {
      if (!this.#hasFailed) logger.warn({ err }, 'heartbeat could not be published');
      this.#hasFailed = true;
    }
  }
}
