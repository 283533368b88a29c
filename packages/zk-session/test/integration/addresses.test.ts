import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

import { registerCleanup, startZooKeeper, TcpProxy, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { Connection } from '../../src/connection.ts';
import { Dialer } from '../../src/dialer.ts';
import { silentSessionLogger } from '../../src/session-logger.ts';
import { abandonAfterTest, makeSession, newChroot, startSession } from './session-harness.ts';

describe('addresses of servers', function () {
  this.timeout(20_000);
  let server: ZooKeeperServer;
  before(async () => {
    server = await startZooKeeper();
  });

  async function forwardFrom(host: string): Promise<number | undefined> {
    const forwarder: Server = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) {
        socket.on('error', () => undefined).on('close', () => [client, upstream].forEach((each) => each.destroy()));
      }
    });
    const failed = once(forwarder, 'error').then(() => true);
    forwarder.listen(0, host);
    if (await Promise.race([failed, once(forwarder, 'listening').then(() => false)])) return undefined;
    registerCleanup({ name: 'forwarder', run: () => new Promise((resolve) => forwarder.close(() => resolve())) });
    return (forwarder.address() as AddressInfo).port;
  }

  it('may be IPv6 literals', async function () {
    const port = await forwardFrom('::1');
    if (port === undefined) this.skip();
    const session = await startSession({ connectString: `[::1]:${port}${newChroot()}` });
    expect(session.state).to.include({ server: `[::1]:${port}` });
    await session.stop();
  });

  it('may be names', async () => {
    const session = await startSession({ connectString: `localhost:${server.port}${newChroot()}` });
    expect(session.state.kind).to.equal('connected');
  });

  it('may be names that nobody knows, as long as another server is there', async () => {
    const session = await startSession({
      connectString: `nowhere.invalid:2181,${server.connectString}`,
      connectTimeoutMs: 10_000,
    });
    expect(session.state).to.include({ server: server.connectString });
  });

  it('that nobody knows make `start` fail at its time limit, saying so', async () => {
    const session = makeSession({ connectString: 'nowhere.invalid:2181', connectTimeoutMs: 500 });
    const error: unknown = await session.start().catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'ConnectTimeout' });
    expect((error as Error).message).to.contain('nowhere.invalid');
  });

  it('are all tried when a name has several', async () => {
    const port = await forwardFrom('127.0.0.7');
    if (port === undefined) throw new Error('loopback has no 127.0.0.7');
    const asked: string[] = [];
    const dialer = new Dialer({
      servers: [{ host: 'zookeeper.example', port }],
      sessionTimeoutMs: 2000,
      tls: undefined,
      unref: false,
      random: Math.random,
      logger: silentSessionLogger,
      resolve: (host) => {
        asked.push(host);
        return Promise.resolve(['127.0.0.5', '127.0.0.6', '127.0.0.7']);
      },
    });
    const nothing = (): undefined => undefined;
    const server = await new Promise<string>((resolve) => {
      const connection: Connection = new Connection({
        dialer,
        sessionTimeoutMs: 2000,
        auth: [],
        monotonic: () => performance.now(),
        handlers: {
          onUp: (link) => {
            resolve(link.server);
            connection.abandon();
          },
          onDown: nothing,
          onExpired: nothing,
          onAuthFailed: nothing,
          onWatchEvent: nothing,
        },
      });
      abandonAfterTest(connection);
      connection.open();
    });
    expect(server).to.equal(`127.0.0.7:${port}`);
    expect(new Set(asked)).to.deep.equal(new Set(['zookeeper.example']));
  });

  it('spread the sessions of many clients, and bring them back spread in time', async () => {
    const proxies = await Promise.all([1, 2, 3].map(() => TcpProxy.start({ target: { port: server.port } })));
    const connectString = proxies.map(({ address }) => address).join(',');
    const sessions = await Promise.all(
      Array.from({ length: 30 }, () => startSession({ connectString, sessionTimeoutMs: 4000 })),
    );
    for (const proxy of proxies) expect(proxy.stats.open).to.be.within(1, 25);
    const backAtMs: number[] = [];
    const back = sessions.map(
      (session) =>
        new Promise<void>((resolve) => {
          session.on('state', (state) => {
            if (state.kind !== 'connected') return;
            backAtMs.push(performance.now());
            resolve();
          });
        }),
    );
    for (const proxy of proxies) proxy.reset();
    await Promise.all(back);
    // At most T/40 = 100 ms apart, and not in one moment.
    expect(Math.max(...backAtMs) - Math.min(...backAtMs)).to.be.above(40);
  });
});
