import type { TargetId } from '@pulsekeeper/model';
import type { LastReport } from '@pulsekeeper/store';

import { isStale } from '../views/target-list.ts';

/**
 * The targets whose registration says more than the store does: all but those whose latest record is fresh and says `up`.
 * Such a target is scraped, so its registration was right a moment ago; one that has become wrong since is told as soon as
 * its record is no longer fresh. Pure.
 */
export function doubtfulTargets(
  ids: readonly TargetId[],
  reports: ReadonlyMap<TargetId, LastReport>,
  nowMs: number,
): TargetId[] {
  return ids.filter((id) => {
    const report = reports.get(id);
    return report === undefined || report.endedMs !== undefined || !report.report.up || isStale(report, nowMs);
  });
}
