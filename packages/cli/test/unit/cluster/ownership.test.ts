import { assign } from '@pulsekeeper/hash-ring';
import { expect } from 'chai';

import { assignmentAt } from '../../../src/cluster/ownership.ts';
import type { ClusterPicture } from '../../../src/cluster/cluster-picture.ts';
import { loadSettings } from '../../../src/settings/load-settings.ts';
import { collectorRecord } from '../../support/model-builders.ts';

const NOW_MS = 1_700_000_000_000;

describe('assignmentAt', () => {
  for (const replication of [1, 5, 6, 16]) {
    it(`finds the replication of ${replication} by the ring that the collectors publish`, () => {
      const ids = ['web/a', 'web/b'];
      const members = Array.from({ length: 20 }, (_, index) => ({ id: `c${index}`, capacity: 1 }));
      const { version } = assign(ids, members, { replication });
      const picture = {
        ids,
        collectors: new Map(members.map(({ id }) => [id, collectorRecord(id, { ring: version })])),
      } as unknown as ClusterPicture;
      const settings = loadSettings({ flags: {}, env: {}, cwd: '/' });
      const assignment = assignmentAt(picture, NOW_MS, settings);
      expect(assignment.version).to.equal(version);
      expect(assignment.ranks).to.equal(replication);
    });
  }
});
