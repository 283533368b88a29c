import { expect } from 'chai';

import { eventually } from '../../src/eventually.ts';
import { startRedisCluster } from '../../src/redis-cluster.ts';
import { startRedis } from '../../src/redis-server.ts';

describe('startRedis', function () {
  this.timeout(20_000);

  it('keeps what was synced to its append-only file across a crash, and nothing after a wipe', async () => {
    const redis = await startRedis({ appendonly: true, appendfsync: 'always' });
    await redis.cli('set', 'key', 'value');
    await redis.kill();
    await redis.restart();
    expect(await redis.cli('get', 'key')).to.equal('value');
    await redis.restart({ wipe: true });
    expect(await redis.cli('dbsize')).to.equal('0');
  });

  it('follows another server as a replica', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ replicaOf: primary });
    await primary.cli('set', 'key', 'value');
    await eventually(async () => expect(await replica.cli('get', 'key')).to.equal('value'));
  });

  it('reports an error reply', async () => {
    const redis = await startRedis();
    const failure = await redis.cli('nonsense').catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'CommandFailed');
  });
});

describe('startRedisCluster', function () {
  this.timeout(40_000);

  it('spreads the hash slots over its primaries', async () => {
    const cluster = await startRedisCluster(3);
    for (const key of ['a', 'b', 'c', 'd']) {
      const results = await Promise.all(
        cluster.primaries.map((node) =>
          node.cli('set', key, '1').then(
            () => 'taken',
            () => 'moved',
          ),
        ),
      );
      expect(results.filter((result) => result === 'taken')).to.have.length(1);
    }
  });
});
