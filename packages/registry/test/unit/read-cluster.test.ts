import { serializeInstance } from '@pulsekeeper/model';
import { expect } from 'chai';
import { serializeCollector } from '../../src/collector-record.ts';
import { readCluster } from '../../src/read-cluster.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

describe('readCluster', () => {
  let tree: FakeTree;
  let session: FakeSession;

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
  });

  it('reads everything, with what ZooKeeper knows of it, and the reasons of what is wrong', async () => {
    tree.put('/defaults', '{"retries":1}');
    tree.put('/services/b/2', serializeInstance({ address: 'h:2' }), 7n);
    tree.put('/services/b/1', '{"address":"nowhere"}', 7n);
    tree.put('/services/a', '{"interval":"0"}');
    tree.put('/services/ bad');
    tree.put(
      '/collectors/c1',
      serializeCollector({
        id: 'c1',
        host: 'h',
        statusUrl: 'http://h:1',
        capacity: 1,
        state: 'active',
        version: '1',
        activeFromMs: 1,
        incarnation: 'h/1/a',
      }),
    );
    tree.put('/collectors/c2', 'x');
    const cluster = await readCluster(session);
    expect(cluster.defaults.parsed).to.have.nested.property('value.rule.retries', 1);
    expect([...cluster.services.keys()]).to.deep.equal(['a', 'b']);
    expect(cluster.services.get('a')?.rule.parsed.ok).to.equal(false);
    const instances = cluster.services.get('b')?.instances;
    expect([...(instances?.keys() ?? [])]).to.deep.equal(['1', '2']);
    expect(instances?.get('1')?.parsed.ok).to.equal(false);
    expect(instances?.get('2')?.parsed).to.have.nested.property('value.address.port', 2);
    expect(instances?.get('2')?.stat).to.include({ ephemeralOwner: 7n });
    expect(cluster.collectors.get('c1')?.parsed.ok).to.equal(true);
    expect(cluster.collectors.get('c2')?.parsed.ok).to.equal(false);
    expect(cluster.problems.map(({ path }) => path).sort()).to.deep.equal([
      '/collectors/c2',
      '/services/ bad',
      '/services/a',
      '/services/b/1',
    ]);
  });

  it('is empty on a cluster where nothing was ever created, and creates nothing', async () => {
    const cluster = await readCluster(session);
    expect(cluster.defaults).to.deep.include({ stat: undefined });
    expect(cluster.defaults.parsed.ok).to.equal(true);
    expect([cluster.services.size, cluster.collectors.size, cluster.problems.length]).to.deep.equal([0, 0, 0]);
    expect(tree.nodes.size).to.equal(1);
  });

  it('reports what may not be read in its place', async () => {
    tree.put('/services/a/1', serializeInstance({ address: 'h:1' }));
    tree.put('/services/a/2', serializeInstance({ address: 'h:2' }));
    session.failWith = (call) => (call === 'getData /services/a/1' ? 'NoAuth' : undefined);
    const cluster = await readCluster(session);
    expect(cluster.services.get('a')?.instances.get('1')?.parsed).to.have.property('reason').that.includes('NoAuth');
    expect(cluster.services.get('a')?.instances.get('2')?.parsed.ok).to.equal(true);
    expect(cluster.problems).to.have.length(1);
  });

  it('leaves out an instance that went while it was read', async () => {
    tree.put('/services/a/1', serializeInstance({ address: 'h:1' }));
    session.failWith = (call) => (call === 'getData /services/a/1' ? 'NoNode' : undefined);
    const service = (await readCluster(session)).services.get('a');
    expect([service?.instances.size, service?.places.size]).to.deep.equal([0, 0]);
  });

  it('reads only the instances that are selected, and knows the names of all', async () => {
    for (const path of ['/services/a/1', '/services/a/2', '/services/b/1']) {
      tree.put(path, serializeInstance({ address: 'h:1' }));
    }
    const read: string[] = [];
    session.failWith = (call) => {
      if (call.startsWith('getData')) read.push(call);
      return undefined;
    };
    const seen: string[] = [];
    const { services } = await readCluster(session, {
      select: (ids) => {
        seen.push(...ids);
        return Promise.resolve(ids.filter((id) => id === 'a/2'));
      },
    });
    expect(seen).to.deep.equal(['a/1', 'a/2', 'b/1']);
    expect([...(services.get('a')?.places ?? [])]).to.deep.equal([
      ['1', { path: '/services/a/1', source: undefined }],
      ['2', { path: '/services/a/2', source: undefined }],
    ]);
    expect([...(services.get('b')?.places.keys() ?? [])]).to.deep.equal(['1']);
    expect([...(services.get('a')?.instances.keys() ?? [])]).to.deep.equal(['2']);
    expect(services.get('b')?.instances.size).to.equal(0);
    expect(read.filter((call) => /services\/.*\//.test(call))).to.deep.equal(['getData /services/a/2']);
  });

  it('throws when the session fails, and the reason of its signal', async () => {
    tree.put('/services/a/1');
    session.failWith = (call) => (call.startsWith('getChildren /services/a') ? 'ConnectionLoss' : undefined);
    expect(await readCluster(session).catch((e: unknown) => e)).to.include({ code: 'ConnectionLoss' });
  });
});
