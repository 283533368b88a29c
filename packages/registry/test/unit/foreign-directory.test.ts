import { targetId } from '@pulsekeeper/model';
import { eventually } from '@pulsekeeper/test-support';
import { expect } from 'chai';
import type { DirectoryDiff } from '../../src/directory-content.ts';
import type { DirectoryOptions } from '../../src/directory-options.ts';
import { Directory } from '../../src/directory.ts';
import { InstanceWatcher } from '../../src/instance-watcher.ts';
import { readCluster } from '../../src/read-cluster.ts';
import { FakeSession, FakeTree } from './fake-session.ts';

const WEB = '{"source":{"kind":"serverset","path":"/aurora/web"}}';
const ADMIN = '{"source":{"kind":"serverset","path":"/aurora/web","endpoint":"admin"}}';
const ELSEWHERE = '{"source":{"kind":"nerve","path":"/nerve/web"}}';
const one = targetId('web', 'member_1');

function member(port: number): string {
  const additionalEndpoints = { admin: { host: '10.0.0.1', port: port + 1 } };
  return JSON.stringify({ serviceEndpoint: { host: '10.0.0.1', port }, additionalEndpoints, status: 'ALIVE' });
}

describe('a service whose instances are in a foreign tree', () => {
  let tree: FakeTree;
  let session: FakeSession;
  let made: (Directory | InstanceWatcher)[];

  beforeEach(() => {
    tree = new FakeTree();
    session = new FakeSession(tree);
    made = [];
    tree.put('/services/web', WEB);
    tree.put('/aurora/web/member_1', member(80));
    tree.put('/aurora/web/member_2', member(90));
    tree.put('/aurora/web/vector_3', '{"vector":[]}');
  });

  afterEach(async () => {
    await Promise.all(made.map((one) => one.stop()));
  });

  async function start(options: Partial<DirectoryOptions> = {}): Promise<Directory> {
    const directory = new Directory({ session, coalesceMs: 5, random: () => 0.5, ...options });
    made.push(directory);
    await directory.start();
    return directory;
  }

  async function watch(directory: Directory): Promise<InstanceWatcher> {
    const watcher = new InstanceWatcher({ session, coalesceMs: 5, placeOf: (id) => directory.view.placeOf(id) });
    made.push(watcher);
    directory.on('changed', (_view, { changedServices }) => {
      if (changedServices.length > 0) watcher.refreshPlaces();
    });
    await watcher.start();
    return watcher;
  }

  function portOf(watcher: InstanceWatcher): unknown {
    const parsed = watcher.get(one);
    return parsed?.ok === true ? parsed.value.address.port : parsed?.reason;
  }

  it('has them in the first view, by their names alone', async () => {
    const directory = await start();
    expect(directory.view.targetIds).to.deep.equal(['web/member_1', 'web/member_2']);
    expect(directory.view.sources.get('web')).to.deep.equal({ kind: 'serverset', path: '/aurora/web' });
    expect(directory.view.placeOf(one)).to.deep.include({ path: '/aurora/web/member_1' });
    expect(directory.view.placeOf(targetId('web', 'member_9'))).to.equal(undefined);
    expect(directory.view.problems).to.deep.equal([]);
    expect(session.calls.filter((call) => call.startsWith('getData /aurora'))).to.deep.equal([]);
  });

  it('has no view between the rule that points elsewhere and the instances there', async () => {
    tree.put('/services/web', '');
    tree.put('/services/web/own');
    const directory = await start();
    expect(directory.view.targetIds).to.deep.equal(['web/own']);
    const diffs: DirectoryDiff[] = [];
    directory.on('changed', (_view, diff) => diffs.push(diff));
    tree.put('/services/web', WEB);
    await eventually(() => expect(diffs).to.have.length(1));
    expect(diffs[0]).to.deep.include({
      addedTargets: ['web/member_1', 'web/member_2'],
      removedTargets: ['web/own'],
      changedRules: ['web'],
      changedServices: ['web'],
    });
    expect(directory.view.problems).to.have.length(1);
    expect(directory.view.problems[0]).to.deep.equal({
      path: '/services/web/*',
      reason:
        "1 registrations here count for nothing: the service's rule takes its instances from /aurora/web (serverset)",
    });
    tree.put('/services/web', '{}');
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['web/own']));
    expect(directory.view.problems).to.deep.equal([]);
    expect(directory.view.sources.size).to.equal(0);
  });

  it('follows those that come and go', async () => {
    const directory = await start();
    tree.delete('/aurora/web/member_1');
    tree.put('/aurora/web/member_4', member(80));
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['web/member_2', 'web/member_4']));
  });

  it('waits for a tree that is not there, and says so', async () => {
    tree.delete('/aurora');
    const directory = await start();
    expect(directory.view.targetIds).to.deep.equal([]);
    expect(directory.view.problems).to.deep.equal([
      { path: '/aurora/web', reason: 'does not exist: the service web has no instances until it does' },
    ]);
    tree.put('/aurora/web/member_7', member(80));
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['web/member_7']));
    expect(directory.view.problems).to.deep.equal([]);
    // As the containers of Curator do when the last instance leaves.
    tree.delete('/aurora/web');
    await eventually(() => expect(directory.view.targetIds).to.deep.equal([]));
    tree.put('/aurora/web/member_8', member(80));
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['web/member_8']));
  });

  it('keeps the instances that it has while the tree that the rule points at may not be read', async () => {
    const directory = await start();
    session.failWith = (call) => (call === 'getChildren /nerve/web' ? 'NoAuth' : undefined);
    tree.put('/nerve/web/i-1_1', '{"host":"h","port":1}');
    tree.put('/services/web', ELSEWHERE);
    await eventually(() => expect(directory.view.rules.get('web')?.source?.kind).to.equal('nerve'));
    expect(directory.view.targetIds).to.deep.equal(['web/member_1', 'web/member_2']);
    expect(directory.view.sources.get('web')?.kind).to.equal('serverset');
    expect(directory.view.problems.map(({ path }) => path)).to.deep.equal(['/nerve/web/*']);
    session.failWith = () => undefined;
    tree.put('/services/other');
    await eventually(() => expect(directory.view.targetIds).to.deep.equal(['web/i-1_1']));
    expect(directory.view.problems).to.deep.equal([]);
  });

  it('keeps the instances while the rule cannot be understood', async () => {
    const directory = await start();
    tree.put('/services/web', '{"source":{"kind":"consul","path":"/x"}}');
    await eventually(() => expect(directory.view.problems.map(({ path }) => path)).to.deep.equal(['/services/web']));
    expect(directory.view.targetIds).to.deep.equal(['web/member_1', 'web/member_2']);
  });

  it('skips a child that is no instance, and a second one of the same name, each with its reason', async () => {
    const encoded = Buffer.from('{"host":"h","port":1,"name":"i-1"}').toString('base64url');
    const node = `base64_${encoded.length}_${encoded}_7`;
    tree.put(`/nerve/web/${node}`);
    tree.put('/nerve/web/i-1_7', '{"host":"h","port":2}');
    tree.put('/nerve/web/ blue ', '{"host":"h","port":3}');
    tree.put('/services/other', ELSEWHERE);
    tree.put('/aurora/web/backup');
    const directory = await start();
    expect([...(directory.view.services.get('other') ?? [])]).to.deep.equal(['%20blue%20', 'i-1_7']);
    expect(directory.view.placeOf(targetId('other', '%20blue%20'))?.path).to.equal('/nerve/web/ blue ');
    expect(directory.view.placeOf(targetId('other', 'i-1_7'))?.path).to.equal(`/nerve/web/${node}`);
    expect(directory.view.problems.map(({ path }) => path).sort()).to.deep.equal([
      '/aurora/web/backup',
      '/nerve/web/i-1_7',
    ]);
    tree.delete('/aurora/web/backup');
    tree.delete('/nerve/web/i-1_7');
    await eventually(() => expect(directory.view.problems).to.deep.equal([]));
  });

  it('is held like any other when the whole tree is gone', async () => {
    const directory = await start({ mode: 'poll', pollIntervalMs: 20, suspectGraceMs: 200 });
    tree.wipe();
    await eventually(() => expect(directory.isSuspect).to.equal(true));
    expect(directory.view.targetIds).to.deep.equal(['web/member_1', 'web/member_2']);
    expect(directory.view.placeOf(one)?.path).to.equal('/aurora/web/member_1');
    await eventually(() => expect(directory.view.targetIds).to.deep.equal([]));
  });

  it('has the data of the wanted ones read and watched in their own format', async () => {
    const watcher = await watch(await start());
    watcher.setWanted([one]);
    await watcher.settled();
    expect(portOf(watcher)).to.equal(80);
    tree.put('/aurora/web/member_1', member(81));
    await eventually(() => expect(portOf(watcher)).to.equal(81));
    expect(session.calls.filter((call) => call.startsWith('getData /aurora/web/member_2'))).to.deep.equal([]);
    tree.put('/aurora/web/member_1', '{}');
    await eventually(() => expect(portOf(watcher)).to.match(/^serviceEndpoint is missing/));
  });

  it('has it read again when the rule comes to mean another endpoint, or another tree', async () => {
    const directory = await start();
    const watcher = await watch(directory);
    watcher.setWanted([one]);
    await watcher.settled();
    const told: unknown[] = [];
    watcher.on('changed', () => told.push(portOf(watcher)));
    tree.put('/services/web', ADMIN);
    await eventually(() => expect(portOf(watcher)).to.equal(81));
    tree.put('/nerve/web/member_1', '{"host":"h","port":7}');
    tree.put('/services/web', ELSEWHERE);
    await eventually(() => expect(portOf(watcher)).to.equal(7));
    expect(told).to.deep.equal([81, 7]);
    watcher.refreshPlaces();
    await watcher.settled();
    expect(told).to.deep.equal([81, 7]);
  });

  it('is in a snapshot with the places of its instances, and with what is wrong', async () => {
    tree.put('/services/web/own', '', 7n);
    tree.put('/aurora/web/backup');
    tree.put('/services/none', '{"source":{"kind":"curator","path":"/discovery/none"}}');
    const { services, problems } = await readCluster(session);
    const web = services.get('web');
    expect(web?.source).to.deep.equal({ kind: 'serverset', path: '/aurora/web' });
    expect([...(web?.instances ?? [])].map(([name, { place }]) => [name, place.path])).to.deep.equal([
      ['member_1', '/aurora/web/member_1'],
      ['member_2', '/aurora/web/member_2'],
    ]);
    expect(web?.instances.get('member_1')?.parsed).to.have.nested.property('value.address.port', 80);
    expect(services.get('none')?.instances.size).to.equal(0);
    expect(problems.map(({ path }) => path).sort()).to.deep.equal([
      '/aurora/web/backup',
      '/discovery/none',
      '/services/web/*',
    ]);
  });
});
