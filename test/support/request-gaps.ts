import type { LedgerPage } from '@pulsekeeper/test-support';

/** The longest and the shortest time between two requests in a row of one target. */
export interface RequestGaps {
  readonly longestMs: number;
  readonly shortestMs: number;
}

/** The gaps between the requests that each target saw in `fromMs ≤ t < toMs`, by the targets' own clock. */
export function requestGaps(pages: readonly (LedgerPage | undefined)[], fromMs: number, toMs: number): RequestGaps {
  let longestMs = -Infinity;
  let shortestMs = Infinity;
  for (const page of pages) {
    const times = (page?.entries ?? []).map(({ ms }) => ms).filter((ms) => ms >= fromMs && ms < toMs);
    for (const [index, ms] of times.entries()) {
      const previous = times[index - 1];
      if (previous === undefined) continue;
      longestMs = Math.max(longestMs, ms - previous);
      shortestMs = Math.min(shortestMs, ms - previous);
    }
  }
  return { longestMs, shortestMs };
}
