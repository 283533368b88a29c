import { eventually, startZooKeeper, TcpProxy, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import type { WatchEvent } from '../../src/index.ts';
import { newChroot, startSession, untilState } from './session-harness.ts';

const EMPTY = new Uint8Array();

describe('watches on a real server', function () {
  this.timeout(20_000);
  let server: ZooKeeperServer;
  before(async () => {
    server = await startZooKeeper();
  });

  it('fire once for each function and path, with the path under the chroot', async () => {
    const session = await startSession({ connectString: `${server.connectString}${newChroot()}` });
    await session.create('/a', EMPTY);
    const events: WatchEvent[] = [];
    const watch = (event: WatchEvent): unknown => events.push(event);
    for (let turn = 0; turn < 5; turn += 1) await session.getData('/a', { watch });
    await session.exists('/a', { watch });
    await session.getChildren('/a', { watch });
    expect(await session.exists('/b', { watch })).to.equal(undefined);

    await session.setData('/a', EMPTY);
    await session.setData('/a', EMPTY);
    await session.create('/a/child', EMPTY);
    await session.create('/b', EMPTY);
    await session.create('/b/child', EMPTY);
    await session.getData('/a');
    expect(events).to.deep.equal([
      { type: 'NodeDataChanged', path: '/a' },
      { type: 'NodeChildrenChanged', path: '/a' },
      { type: 'NodeCreated', path: '/b' },
    ]);
  });

  it('are gone with their link, and fire once after having been set again', async () => {
    const proxy = await TcpProxy.start({ target: { port: server.port } });
    const chroot = newChroot();
    const session = await startSession({ connectString: `${proxy.address}${chroot}`, sessionTimeoutMs: 4000 });
    const writer = await startSession({ connectString: `${server.connectString}${chroot}` });
    await writer.create('/a', EMPTY);
    const events: WatchEvent[] = [];
    const watch = (event: WatchEvent): unknown => events.push(event);
    await session.getData('/a', { watch });

    for (let turn = 0; turn < 3; turn += 1) {
      proxy.reset();
      await untilState(session, 'suspended');
      await untilState(session, 'connected');
      await session.getData('/a', { watch });
    }
    await writer.setData('/a', EMPTY);
    await eventually(() => expect(events).to.have.lengthOf(1));
    await writer.setData('/a', EMPTY);
    await session.getData('/a');
    expect(events).to.deep.equal([{ type: 'NodeDataChanged', path: '/a' }]);
  });

  it('that were set before a cut do not fire after it', async () => {
    const proxy = await TcpProxy.start({ target: { port: server.port } });
    const chroot = newChroot();
    const session = await startSession({ connectString: `${proxy.address}${chroot}`, sessionTimeoutMs: 4000 });
    await session.create('/a', EMPTY);
    let stale = 0;
    await session.getData('/a', { watch: () => (stale += 1) });
    proxy.reset();
    await untilState(session, 'suspended');
    await untilState(session, 'connected');
    let fresh = 0;
    await session.getData('/a', { watch: () => (fresh += 1) });
    await session.setData('/a', EMPTY);
    await eventually(() => expect(fresh).to.equal(1));
    expect(stale).to.equal(0);
  });

  it('tell nobody after having been removed', async () => {
    const session = await startSession({ connectString: `${server.connectString}${newChroot()}` });
    await session.create('/a', EMPTY);
    let removed = 0;
    let kept = 0;
    const watch = (): unknown => (removed += 1);
    await session.getData('/a', { watch });
    await session.getData('/a', { watch: () => (kept += 1) });
    session.removeWatch('/a', watch);
    await session.setData('/a', EMPTY);
    await eventually(() => expect(kept).to.equal(1));
    expect(removed).to.equal(0);
  });

  it('tell of nodes outside the chroot, and of those within that were named from the root', async () => {
    const chroot = newChroot();
    const session = await startSession({ connectString: `${server.connectString}${chroot}` });
    const outside = `/${newChroot()}-outside`;
    const events: WatchEvent[] = [];
    const watch = (event: WatchEvent): unknown => events.push(event);
    expect(await session.exists(outside, { watch })).to.equal(undefined);
    await session.create('/a', EMPTY);
    await session.getData(`/${chroot}/a`, { watch });

    await session.ensurePath(`${outside}/b`);
    await session.setData('/a', EMPTY);
    expect((await session.getChildren(outside)).children).to.deep.equal(['b']);
    await eventually(() => {
      expect(events).to.deep.equal([
        { type: 'NodeCreated', path: outside },
        { type: 'NodeDataChanged', path: '/a' },
      ]);
    });
  });
});
