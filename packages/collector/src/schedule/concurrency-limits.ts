/** How much may be open and in flight at once. */
export interface ConcurrencyLimits {
  /** Most scrapes in flight. */
  readonly maxInFlight: number;
  /** Most of them that make good a slot. */
  readonly maxCatchUp: number;
  /** Most connections that are kept between scrapes. */
  readonly maxKeptConnections: number;
}

/** File descriptors left for the own server, ZooKeeper, Redis, log files and the runtime. */
const RESERVED_FILES = 128;

/** More scrapes in flight than this gain nothing: one event loop has to answer them all. */
const MAX_IN_FLIGHT = 4_096;

/** Slots to be made good are scraped so many at a time. */
const MAX_CATCH_UP = 256;

/**
 * Derives the limits from the file descriptors that the process may open. Pure.
 *
 * @param wanted - Most scrapes in flight as configured; undefined takes what the descriptors allow.
 */
export function concurrencyLimits(maxOpenFiles: number, wanted?: number): ConcurrencyLimits {
  const available = Math.max(maxOpenFiles - Math.min(RESERVED_FILES, Math.floor(maxOpenFiles / 2)), 8);
  const maxInFlight = Math.max(Math.min(wanted ?? MAX_IN_FLIGHT, MAX_IN_FLIGHT, Math.ceil(available / 2)), 1);
  return {
    maxInFlight,
    maxCatchUp: Math.max(Math.min(MAX_CATCH_UP, Math.ceil(maxInFlight / 2)), 1),
    maxKeptConnections: Math.max(available - maxInFlight, 0),
  };
}

/** Reads the soft limit of open files from `/proc/self/limits`; what most systems give when it says nothing. */
export function parseMaxOpenFiles(procLimits: string): number {
  const match = /^Max open files\s+(\d+|unlimited)/m.exec(procLimits);
  if (match === null) return 1024;
  return match[1] === 'unlimited' ? 1_048_576 : Number(match[1]);
}
