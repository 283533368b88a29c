import { assign, type Assignment } from '@pulsekeeper/hash-ring';

import { membersAt } from '../views/members-at.ts';
import { mostCommonRing } from '../views/ring-agreement.ts';
import type { ClusterPicture } from './cluster-picture.ts';
import type { Settings } from '../settings/load-settings.ts';
import { MAX_REPLICATION } from '../settings/settings-formats.ts';

/**
 * Who owns what at a moment, computed from the registry exactly as collectors compute it: all names of instances, wrong
 * registrations included, and the collectors that take part in slots of that moment.
 *
 * The replication is part of the ring and a setting of the collectors that no znode tells. Where the settings here leave
 * it open and the collectors publish another ring, the replication that yields their ring is used, if there is one.
 */
export function assignmentAt(picture: ClusterPicture, timeMs: number, settings: Settings): Assignment {
  const members = membersAt(picture.collectors.values(), timeMs).map(({ id, capacity }) => ({ id, capacity }));
  const assignment = assign(picture.ids, members, { replication: settings.replication });
  const published = mostCommonRing([...picture.collectors.values()].map(({ ring }) => ring));
  const isOpen = settings.sources.replication === 'default';
  if (!isOpen || published === undefined || published === assignment.version) {
    return assignment;
  }
  for (let replication = 2; replication <= MAX_REPLICATION; replication += 1) {
    const candidate = assign(picture.ids, members, { replication });
    if (candidate.version === published) {
      return candidate;
    }
  }
  return assignment;
}
