import type { FailureReason } from '@pulsekeeper/model';

import type { JobClass } from './scrape-gate.ts';

/** What a target fails with that holds its place at the gate for as long as it may. */
const SLOW_REASONS: ReadonlySet<FailureReason | undefined> = new Set(['timeout', 'dns']);

/**
 * The class of a slot's scrape at the gate. Pure.
 *
 * @param isCatchUp - Whether the slot is to be made good.
 * @param lastReason - Why the target's last slot failed; undefined when it did not.
 */
export function jobClassOf(isCatchUp: boolean, lastReason: FailureReason | undefined): JobClass {
  if (isCatchUp) return 'catchUp';
  return SLOW_REASONS.has(lastReason) ? 'slow' : 'onTime';
}
