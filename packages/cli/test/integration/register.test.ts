import { createServer } from 'node:http';

import { parseInstance } from '@pulsekeeper/model';
import { eventually, freePort, registerCleanup } from '@pulsekeeper/test-support';
import { isZkError, type ZkSession } from '@pulsekeeper/zk-session';
import { expect } from 'chai';

import { runBinary, startBinary, type RunningBinary } from '../support/run-binary.ts';
import { openSession, useZooKeeper } from '../support/sessions.ts';

/** A service of some other language: listens after a while, exits with 7 on SIGTERM. */
const SERVICE = `
  const port = Number(process.argv[1]);
  const server = require('node:http').createServer((request, response) => response.end('up_since 1\\n'));
  setTimeout(() => server.listen(port, '127.0.0.1'), 300);
  process.on('SIGTERM', () => process.exit(7));
`;

describe('pulsekeeper register', function () {
  this.timeout(20_000);
  const zooKeeper = useZooKeeper();
  let zookeeper: string;
  let session: ZkSession;

  beforeEach(async () => {
    zookeeper = zooKeeper.freshCluster();
    session = await openSession(zookeeper);
  });

  function start(...args: readonly string[]): RunningBinary {
    return startBinary(['register', ...args], { env: { PULSEKEEPER_ZOOKEEPER: zookeeper } });
  }
  async function registered(target: string): Promise<Record<string, unknown> | undefined> {
    try {
      const { data } = await session.getData(`/services/${target}`);
      const parsed = parseInstance(data);
      return parsed.ok ? { ...parsed.value } : undefined;
    } catch (error) {
      expect(isZkError(error, 'NoNode')).to.equal(true);
      return undefined;
    }
  }
  async function listen(port: number): Promise<() => Promise<void>> {
    const server = createServer((_request, response) => response.end('x 1\n'));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      });
    registerCleanup({ name: 'metrics server', run: close });
    return close;
  }

  it('registers a command once its metrics answer, and withdraws it when it ends', async () => {
    const port = await freePort();
    const options = [
      '--service',
      'db',
      '--instance',
      'primary',
      '--port',
      String(port),
      '--interval',
      '5s',
      '--label',
      'team=a',
    ];
    const running = start(...options, '--', process.execPath, '-e', SERVICE, String(port));
    await eventually(async () => expect(await registered('db/primary')).not.to.equal(undefined));
    expect(await registered('db/primary')).to.deep.include({
      address: { host: '127.0.0.1', port },
      intervalMs: 5000,
      labels: Object.assign(Object.create(null) as object, { team: 'a' }),
    });
    running.child.kill('SIGTERM');
    expect((await running.ended).code).to.equal(7);
    expect(await registered('db/primary')).to.equal(undefined);
  });

  it('exits as the command does, also when that never listens', async () => {
    const port = String(await freePort());
    expect((await start('--service', 'db', '--port', port, '--', 'sh', '-c', 'exit 42').ended).code).to.equal(42);
    expect((await start('--service', 'db', '--port', port, '--', 'sh', '-c', 'kill -9 $$').ended).code).to.equal(137);
    const missing = await start('--service', 'db', '--port', port, '--', '/no/such/command').ended;
    expect(missing.code).to.equal(127);
    expect(missing.err).to.contain('/no/such/command cannot be started');
  });

  it('runs the command while ZooKeeper is away', async () => {
    const env = { PULSEKEEPER_ZOOKEEPER: `127.0.0.1:${await freePort()}/x` };
    const args = ['register', '--service', 'db', '--port', '1', '--', 'sh', '-c', 'echo it runs; exit 3'];
    const { code, out } = await runBinary(args, { env });
    expect(out).to.equal('it runs\n');
    expect(code).to.equal(3);
  });

  it('registers an address without a command until it is interrupted', async () => {
    const port = await freePort();
    const running = start('--service', 'node', '--instance', 'box', '--address', `127.0.0.1:${port}`);
    await listen(port);
    await eventually(async () => expect(await registered('node/box')).not.to.equal(undefined));
    running.child.kill('SIGINT');
    expect((await running.ended).code).to.equal(0);
    expect(await registered('node/box')).to.equal(undefined);
  });

  it('withdraws while the probe fails, and comes back', async () => {
    const port = await freePort();
    const close = await listen(port);
    const running = start(
      '--service',
      'node',
      '--instance',
      'box',
      '--address',
      `127.0.0.1:${port}`,
      '--probe',
      '100ms',
    );
    await eventually(async () => expect(await registered('node/box')).not.to.equal(undefined));
    await close();
    await eventually(async () => expect(await registered('node/box')).to.equal(undefined));
    await listen(port);
    await eventually(async () => expect(await registered('node/box')).not.to.equal(undefined));
    running.child.kill('SIGTERM');
    expect((await running.ended).code).to.equal(0);
  });

  it('gives up when somebody else holds the name', async () => {
    const port = await freePort();
    await listen(port);
    const held = { address: '127.0.0.1:1', instance_key: 'elsewhere/1/abc' };
    await session.ensurePath('/services/node');
    await session.create('/services/node/box', new TextEncoder().encode(JSON.stringify(held)), { ephemeral: true });
    const args = [
      'register',
      '--service',
      'node',
      '--instance',
      'box',
      '--port',
      String(port),
      '--session-timeout',
      '1s',
    ];
    const { code, err } = await runBinary(args, { env: { PULSEKEEPER_ZOOKEEPER: zookeeper } });
    expect(err).to.match(/already registered by elsewhere\/1\/abc/);
    expect(code).to.equal(1);
  });

  it('refuses wrong options before it runs anything', async () => {
    const { code, out } = await start('--service', 'db', '--port', '1', '--interval', '0', '--', 'echo', 'ran').ended;
    expect(code).to.equal(2);
    expect(out).to.equal('');
  });
});
