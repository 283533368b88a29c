import { eventually, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { loadSettings } from '../../src/config/load-settings.ts';
import { SmallCluster, startServers, type Servers } from './small-cluster.ts';

describe('a collector with credentials for ZooKeeper', function () {
  this.timeout(20_000 * timeFactor);
  let servers: Servers;

  before(async () => {
    servers = await startServers(1);
  });

  it('owns the znodes that it makes, and lets everybody read them', async () => {
    const cluster = await SmallCluster.start(servers);
    try {
      const { options } = loadSettings({
        flags: {},
        env: {
          PULSEKEEPER_ZOOKEEPER_AUTH: 'digest:keeper:secret',
          PULSEKEEPER_ZOOKEEPER_ACL: 'creator-all-world-read',
        },
      });
      const { zookeeperAuth, zookeeperAcl } = options;
      await cluster.startCollector('c1', { zookeeperAuth, zookeeperAcl, registersItself: true });
      const owned = [
        { scheme: 'digest', id: 'keeper:x', permissions: 'all' },
        { scheme: 'world', id: 'anyone', permissions: ['read'] },
      ];
      for (const path of ['/collectors/c1', '/services/pulsekeeper-collector/c1']) {
        // Who may not administer a node is shown its digests without the secret.
        const { acl } = await eventually(() => cluster.session.getAcl(path));
        expect(acl, path).to.deep.equal(owned);
        const refusal = await cluster.session.remove(path).catch((error: unknown) => error);
        expect(refusal, path).to.include({ code: 'NoAuth' });
      }
    } finally {
      await cluster.stop();
    }
  });
});
