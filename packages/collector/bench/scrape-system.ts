/** One of the programs that are compared: something that scrapes targets and keeps, or hands on, what it reads. */
export interface ScrapeSystem {
  readonly name: string;
  /** The processes whose cost counts, by what they do. The first is the one that scrapes. */
  readonly processes: ReadonlyMap<string, number>;
  /** Scrapes these `host:port` from now on, each second. */
  setTargets(addresses: readonly string[]): Promise<void>;
  /** What it says of its own work so far. */
  counts(): Promise<ScrapeCounts>;
  /** Stops it in its tracks, so that another one has the machine. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Counters of a {@link ScrapeSystem}; they never fall. */
export interface ScrapeCounts {
  /** Samples taken in. */
  readonly samples: number;
  /** Scrapes that failed, were missed or were lost, as far as the system tells. */
  readonly lost: number;
  /** Of the scrapes that were made, those that began late; `undefined` where the system does not tell. */
  readonly late?: number | undefined;
  /** An upper bound of the 99th percentile of the event loop's lag since the last call; `undefined` for programs without one. */
  readonly eventLoopP99Ms?: number | undefined;
  /** An upper bound of the longest. */
  readonly eventLoopMostMs?: number | undefined;
}
