import { readCluster, ZkSession, type SnapshotNode, type InstanceRecord } from '@pulsekeeper/registry';
import {
  eventually,
  freePort,
  registerCleanup,
  startZooKeeper,
  timeFactor,
  type ZooKeeperServer,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';
import { runProgram } from './program.ts';

describe('a process that registers', function () {
  this.timeout(30_000);
  let server: ZooKeeperServer;
  let chroots = 0;
  let options: { zookeeper: string; sessionTimeout: string };
  let observer: ZkSession;

  before(async () => {
    server = await startZooKeeper();
  });

  beforeEach(async () => {
    chroots += 1;
    options = { zookeeper: `${server.connectString}/process-${chroots}`, sessionTimeout: '4s' };
    observer = new ZkSession({ connectString: options.zookeeper });
    registerCleanup({ name: 'observer', run: () => observer.stop() });
    await observer.start();
  });

  async function node(): Promise<SnapshotNode<InstanceRecord> | undefined> {
    return (await readCluster(observer)).services.get('shop')?.instances.get('a');
  }

  it('ends by itself, with its metrics served and its registration standing', async () => {
    const program = runProgram('register-and-return.mjs', options);
    expect(await program.ended).to.equal(0);
    expect(program.lines).to.deep.equal(['registered']);
  });

  it('ends by itself while ZooKeeper is away', async () => {
    const zookeeper = `127.0.0.1:${await freePort()}/none`;
    const program = runProgram('register-and-return.mjs', { ...options, zookeeper, waitMs: 200 });
    expect(await program.ended).to.equal(0);
    expect(program.lines).to.deep.equal(['registering']);
  });

  it('is kept alive by a register that waits, though nothing else runs', async () => {
    const port = await freePort();
    const program = runProgram('register-and-return.mjs', {
      ...options,
      zookeeper: `127.0.0.1:${port}/late`,
      waitMs: 20_000,
    });
    await startZooKeeper({ port });
    expect(await program.ended).to.equal(0);
    expect(program.lines).to.deep.equal(['registered']);
  });

  it('loads the client by require() as well', async () => {
    const program = runProgram('register-by-require.cjs', options);
    expect(await program.ended).to.equal(0);
    expect(program.lines).to.deep.equal(['function registered', 'closed']);
    expect(await node()).to.equal(undefined);
  });

  it('withdraws on SIGTERM when it is told to, and then ends by that signal', async () => {
    const program = runProgram('serve-until-signal.mjs', { ...options, closeOnSignals: ['SIGTERM'] });
    await program.said('registered');
    program.child.kill('SIGTERM');
    expect(await program.ended).to.equal('SIGTERM');
    expect(await node()).to.equal(undefined);
  });

  it('leaves the end of the process to a handler of its own', async () => {
    const program = runProgram('serve-until-signal.mjs', { ...options, closeOnSignals: ['SIGTERM'] }, 'own-handler');
    await program.said('registered');
    program.child.kill('SIGTERM');
    expect(await program.ended).to.equal(0);
    expect(program.lines.at(-1)).to.equal('closed by hand');
    expect(await node()).to.equal(undefined);
  });

  it('has its name back within 1 s after kill -9, under the new process, and is never missing', async () => {
    const first = runProgram('serve-until-signal.mjs', options);
    const firstAddress = await first.said('registered');
    const names: number[] = [];
    const watching = setInterval(() => {
      void observer.getChildren('/services/shop').then(({ children }) => names.push(children.length));
    }, 5);
    try {
      first.child.kill('SIGKILL');
      await first.ended;
      const second = runProgram('serve-until-signal.mjs', options);
      const startingMs = Number(await second.said('starting'));
      const address = await eventually(async () => {
        const { parsed } = (await node()) ?? {};
        const port = parsed?.ok === true ? parsed.value.address.port : 0;
        if (firstAddress.endsWith(`:${port}`)) throw new Error('it is still the first process');
        return port;
      });
      const visibleMs = Date.now() - startingMs;
      expect(await second.said('registered')).to.match(new RegExp(`:${address}$`));
      expect(visibleMs).to.be.below(1000 * timeFactor);
      console.log(`      visible ${visibleMs} ms after it began to register`);
    } finally {
      clearInterval(watching);
    }
    expect(names.length).to.be.above(10);
    expect(Math.min(...names)).to.equal(1);
  });
});
