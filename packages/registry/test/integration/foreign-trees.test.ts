import { targetId, type ForeignSource, type TargetId } from '@pulsekeeper/model';
import { eventually } from '@pulsekeeper/test-support';
import type { ZkSession } from '@pulsekeeper/zk-session';
import { expect } from 'chai';
import { Directory, InstanceWatcher, readCluster, writeRule, type DirectoryOptions } from '../../src/index.ts';
import { openSession, useZooKeeper } from './sessions.ts';

/** Each as its own library writes it, and what becomes of it. */
const NERVE_RECORD = { host: '10.0.0.2', port: 3000, name: 'i-12ab', labels: { az: 'b' } };
const NERVE_NAME = Buffer.from(JSON.stringify(NERVE_RECORD))
  .toString('base64')
  .replaceAll('+', '-')
  .replaceAll('/', '_');
const REGISTRATIONS: readonly {
  readonly source: ForeignSource;
  readonly node: string;
  readonly data: unknown;
  readonly instance: string;
  readonly at: string;
}[] = [
  {
    source: { kind: 'serverset', path: '/aurora/web' },
    node: 'member_0000000149',
    data: { serviceEndpoint: { host: '10.0.0.1', port: 80 }, additionalEndpoints: {}, status: 'ALIVE', shard: 0 },
    instance: 'member_0000000149',
    at: '10.0.0.1:80',
  },
  {
    source: { kind: 'nerve', path: '/nerve/web/services' },
    node: `base64_${NERVE_NAME.length}_${NERVE_NAME}_0000000003`,
    data: NERVE_RECORD,
    instance: 'i-12ab_0000000003',
    at: '10.0.0.2:3000',
  },
  {
    source: { kind: 'curator', path: '/discovery/web', endpoint: 'sslPort' },
    node: '9a7f0cb0-6d1e-4a52-a2b5-0f4f0ed5c6f1',
    data: {
      name: 'web',
      id: '9a7f0cb0-6d1e-4a52-a2b5-0f4f0ed5c6f1',
      address: '10.0.0.3',
      port: 8080,
      sslPort: 8443,
      payload: null,
      registrationTimeUTC: 1_763_805_600_000,
      serviceType: 'DYNAMIC',
      uriSpec: null,
    },
    instance: '9a7f0cb0-6d1e-4a52-a2b5-0f4f0ed5c6f1',
    at: '10.0.0.3:8443',
  },
];

describe('a directory and foreign trees on ZooKeeper', () => {
  const { cluster } = useZooKeeper();
  let connectString: string;
  let writer: ZkSession;

  beforeEach(async () => {
    connectString = cluster.freshConnectString();
    writer = await openSession(connectString);
  });

  async function pointTo(service: string, source: ForeignSource): Promise<void> {
    const data = Buffer.from(JSON.stringify({ source }));
    await writeRule(writer, { kind: 'service', service }, data, { expectedVersion: 'any' });
  }

  async function register(path: string, node: string, data: unknown): Promise<void> {
    await writer.ensurePath(path);
    await writer.create(`${path}/${node}`, Buffer.from(JSON.stringify(data)), { ephemeral: true });
  }

  async function follow(
    options: Partial<DirectoryOptions> = {},
  ): Promise<{ directory: Directory; addressOf: (id: TargetId) => string | undefined }> {
    const session = await openSession(connectString);
    const directory = new Directory({ session, ...options });
    const watcher = new InstanceWatcher({ session, ...options, placeOf: (id) => directory.view.placeOf(id) });
    directory.on('changed', ({ targetIds }, { changedServices }) => {
      if (changedServices.length > 0) watcher.refreshPlaces();
      watcher.setWanted(targetIds);
    });
    await directory.start();
    await watcher.start();
    const addressOf = (id: TargetId): string | undefined => {
      const parsed = watcher.get(id);
      if (parsed?.ok !== true) return parsed?.reason;
      return `${parsed.value.address.host}:${parsed.value.address.port}`;
    };
    return { directory, addressOf };
  }

  for (const mode of ['watch', 'poll'] as const) {
    for (const { source, node, data, instance, at } of REGISTRATIONS) {
      it(`follows ${source.kind} in ${mode} mode, from before the tree is there`, async () => {
        await pointTo('web', source);
        const { directory, addressOf } = await follow({ mode, pollIntervalMs: 50 });
        expect(directory.view.targetIds).to.deep.equal([]);
        const id = targetId('web', instance);
        await register(source.path, node, data);
        await eventually(() => {
          expect(directory.view.targetIds).to.deep.equal([id]);
          expect(addressOf(id)).to.equal(at);
        });
        expect(directory.view.problems).to.deep.equal([]);
        await writer.setData(`${source.path}/${node}`, Buffer.from(JSON.stringify({ ...NERVE_RECORD, port: 0 })));
        if (source.kind !== 'nerve') await eventually(() => expect(addressOf(id)).to.match(/is missing|port is/));
        await writer.remove(`${source.path}/${node}`);
        await writer.remove(source.path);
        await eventually(() => expect(directory.view.targetIds).to.deep.equal([]));
        await register(source.path, node, data);
        await eventually(() => expect(directory.view.targetIds).to.deep.equal([id]));
        await directory.stop();
      });
    }
  }

  it('follows a tree outside the chroot, and reads it in a snapshot', async () => {
    const chroot = connectString.slice(connectString.indexOf('/'));
    const path = `/${chroot}-outside/web`;
    await pointTo('web', { kind: 'nerve', path });
    const { directory, addressOf } = await follow();
    await register(path, 'i-1_0000000001', { host: '10.0.0.9', port: 1, name: 'i-1' });
    const id = targetId('web', 'i-1_0000000001');
    await eventually(() => expect(addressOf(id)).to.equal('10.0.0.9:1'));
    await writer.setData(`${path}/i-1_0000000001`, Buffer.from('{"host":"10.0.0.9","port":2}'));
    await eventually(() => expect(addressOf(id)).to.equal('10.0.0.9:2'));
    expect(directory.view.placeOf(id)?.path).to.equal(`${path}/i-1_0000000001`);
    const { services, problems } = await readCluster(writer);
    const found = services.get('web')?.instances.get('i-1_0000000001');
    expect(found?.parsed).to.have.nested.property('value.address.port', 2);
    expect(found?.stat?.ephemeralOwner).to.not.equal(0n);
    expect(problems).to.deep.equal([]);
  });

  it('goes over from our registrations to a foreign tree and back without a view in between', async () => {
    await register('/services/web', 'own', { address: '10.0.0.1:1' });
    await register('/aurora/web', 'member_0000000001', { serviceEndpoint: { host: '10.0.0.2', port: 2 } });
    const { directory, addressOf } = await follow();
    const views: string[][] = [];
    directory.on('changed', ({ targetIds }) => views.push([...targetIds]));
    await pointTo('web', { kind: 'serverset', path: '/aurora/web' });
    await eventually(() => expect(addressOf(targetId('web', 'member_0000000001'))).to.equal('10.0.0.2:2'));
    await writer.setData('/services/web', new Uint8Array());
    await eventually(() => expect(addressOf(targetId('web', 'own'))).to.equal('10.0.0.1:1'));
    expect(views).to.deep.equal([['web/member_0000000001'], ['web/own']]);
  });
});
