import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { expect } from 'chai';

import { eventually } from '../../src/eventually.ts';
import { TcpProxy } from '../../src/tcp-proxy.ts';

describe('TcpProxy', () => {
  let echo: Server;
  let proxy: TcpProxy;

  beforeEach(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await TcpProxy.start({ target: { port: (echo.address() as AddressInfo).port } });
  });

  afterEach(async () => {
    await proxy.stop();
    echo.close();
  });

  /** A connection through the proxy that collects what comes back. */
  async function open(port = proxy.port): Promise<{ socket: Socket; received: () => string; closed: Promise<string> }> {
    const socket = connect({ port, host: '127.0.0.1' }).setEncoding('utf8');
    let text = '';
    let reason = 'end';
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => (reason = error.code ?? 'error'));
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(reason)));
    await once(socket, 'connect');
    return { socket, received: () => text, closed };
  }

  it('forwards both ways, the end of the stream included', async () => {
    const { socket, received, closed } = await open();
    socket.end('hello');
    expect(await closed).to.equal('end');
    expect(received()).to.equal('hello');
    expect(proxy.stats).to.include({ accepted: 1, bytesUp: 5, bytesDown: 5 });
  });

  it('cut resets the present connections and refuses new ones until resume', async () => {
    const { socket, closed } = await open();
    socket.write('hello');
    await eventually(() => proxy.stats.bytesDown === 5);
    await proxy.cut();
    expect(await closed).to.equal('ECONNRESET');
    const refused = connect({ port: proxy.port, host: '127.0.0.1' });
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
    await proxy.resume();
    (await open()).socket.destroy();
  });

  for (const direction of ['up', 'down', 'both'] as const) {
    it(`stall('${direction}') holds the bytes, tells nobody, and sends them on resume`, async () => {
      const { socket, received } = await open();
      socket.write('a');
      await eventually(() => received() === 'a');
      proxy.stall(direction);
      socket.write('b');
      if (direction === 'down') await eventually(() => proxy.stats.bytesUp === 2);
      // What was held had its chance while another proxy carried bytes both ways.
      const other = await TcpProxy.start({ target: { port: (echo.address() as AddressInfo).port } });
      const { socket: witness, closed } = await open(other.port);
      witness.end('c');
      await closed;
      expect(received()).to.equal('a');
      expect(socket.destroyed).to.equal(false);

      await proxy.resume();
      await eventually(() => received() === 'ab');
      socket.destroy();
    });
  }

  it('carries no more a second than a narrow link does, over all connections together', async () => {
    proxy.narrow(50_000);
    const sinceMs = performance.now();
    const clients = await Promise.all([open(), open()]);
    for (const { socket } of clients) socket.write('x'.repeat(5_000));
    await eventually(() => expect(clients.map(({ received }) => received().length)).to.deep.equal([5_000, 5_000]));
    expect(performance.now() - sinceMs).to.be.at.least(195);
    await proxy.resume();
    for (const { socket } of clients) socket.destroy();
  });

  it('delays each byte', async () => {
    proxy.delay(60);
    const { socket, received } = await open();
    const startMs = performance.now();
    socket.write('x');
    await eventually(() => received() === 'x', { intervalMs: 2 });
    expect(performance.now() - startMs).to.be.at.least(119);
    socket.destroy();
  });

  it('accepts and closes at once', async () => {
    proxy.acceptThenClose();
    const { closed } = await open();
    await closed;
    expect(proxy.stats).to.include({ accepted: 1, open: 0, bytesUp: 0 });
  });

  it('cuts an answer in the middle', async () => {
    proxy.cutAfter(3);
    const { socket, received, closed } = await open();
    socket.write('hello');
    await closed;
    expect(received()).to.equal('hel');
  });
});
