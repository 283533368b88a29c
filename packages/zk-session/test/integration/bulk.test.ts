import { atFullLength, eventually, startZooKeeper, TcpProxy, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { recordStates, startSession, untilState } from './session-harness.ts';

const NODES = atFullLength(50_000, 25_000);
/** Of 25,000 nodes; reading takes time in proportion. */
const BOUND_MS = 5000 * (NODES / 25_000);

describe(`${NODES.toLocaleString('en')} watched nodes`, function () {
  this.timeout(90_000 * timeFactor);

  it(`are read and watched again within ${BOUND_MS / 1000} s of a cut, without a reconnect loop`, async () => {
    const server = await startZooKeeper({ heapMb: 512 });
    const proxy = await TcpProxy.start({ target: { port: server.port } });
    const chroot = '/bulk';
    const writer = await startSession({
      connectString: `${server.connectString}${chroot}`,
      operationTimeoutMs: 60_000,
    });
    // 61 bytes with the chroot, as the paths of the case that looped for ever.
    const paths = Array.from({ length: NODES }, (_, index) => `/${String(index).padStart(55, 'n')}`);
    await Promise.all(paths.map((path) => writer.create(path, Buffer.from('data'))));

    const session = await startSession({ connectString: `${proxy.address}${chroot}`, sessionTimeoutMs: 6000 });
    let events = 0;
    const watch = (): unknown => (events += 1);
    let reads = 0;
    let readAtMs = 0;
    session.addSetup(async ({ signal }) => {
      const nodes = await session.readMany(paths, { watch, signal });
      expect(nodes.size).to.equal(NODES);
      reads += 1;
      readAtMs = performance.now();
    });
    await eventually(() => expect(reads).to.equal(1), { timeoutMs: 20_000 });

    const states = recordStates(session);
    const cutAtMs = performance.now();
    proxy.reset();
    await untilState(session, 'suspended');
    await eventually(() => expect(reads).to.equal(2), { timeoutMs: 20_000 });
    expect(readAtMs - cutAtMs).to.be.below(BOUND_MS * timeFactor);
    expect(states.map(({ kind }) => kind)).to.deep.equal(['suspended', 'connected']);
    expect(proxy.stats.accepted).to.equal(2);
    expect(session.state).to.include({ generation: 1 });

    // Every watch stands again, and once.
    const changed = paths.filter((_, index) => index % 100 === 0);
    await Promise.all(changed.map((path) => writer.setData(path, Buffer.from('new'))));
    await eventually(() => expect(events).to.equal(changed.length));
    console.log(`      read again ${Math.round(readAtMs - cutAtMs)} ms after the cut`);
  });
});
