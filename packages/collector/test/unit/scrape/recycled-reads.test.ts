import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { expect } from 'chai';

import { connectRecycled } from '../../../src/scrape/recycled-reads.ts';

describe('connections with recycled reads', () => {
  let server: Server;
  let clients: Socket[];
  let accepted: Socket[];

  beforeEach(async () => {
    clients = [];
    accepted = [];
    server = createServer((socket) => accepted.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    for (const socket of [...clients, ...accepted]) socket.destroy();
    server.close();
  });

  /** A connection and the server's end of it. */
  async function open(isReadingBody: boolean): Promise<{ client: Socket; peer: Socket }> {
    const { port } = server.address() as AddressInfo;
    const client = connectRecycled({ host: '127.0.0.1', port }, () => isReadingBody);
    clients.push(client);
    const [[peer]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[Socket], unknown];
    return { client, peer };
  }

  /** What one write of the other side is read as. */
  async function receive({ client, peer }: { client: Socket; peer: Socket }, text: string): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    const read = once(client, 'readable').then(() => undefined);
    client.once('readable', () => {
      for (let chunk = client.read() as Buffer | null; chunk !== null; chunk = client.read() as Buffer | null) {
        chunks.push(chunk);
      }
    });
    peer.write(text);
    await read;
    return chunks;
  }

  it('keep an unfinished head when another connection is read', async () => {
    const [first, second] = [await open(false), await open(false)];
    const head = await receive(first, 'HTTP/1.1 200 OK\r\nx-a: ');
    await receive(second, 'HTTP/1.1 404 Not Found\r\nx-b: ');
    expect(Buffer.concat(head).toString()).to.equal('HTTP/1.1 200 OK\r\nx-a: ');
  });

  it('keep a finished head, and hand the body behind it on where it was read', async () => {
    const [first, second] = [await open(false), await open(false)];
    const [head, body] = await receive(first, 'HTTP/1.1 200 OK\r\n\r\nbody 1\n');
    expect(body?.toString()).to.equal('body 1\n');
    await receive(second, 'HTTP/1.1 404 Not Found\r\n\r\nother\n');
    expect(head?.toString()).to.equal('HTTP/1.1 200 OK\r\n\r\n');
    expect(body?.toString()).not.to.equal('body 1\n');
  });

  it('keep whatever follows an interim response, since the next head may be unfinished', async () => {
    const [first, second] = [await open(false), await open(false)];
    const text = 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nx-a: ';
    const chunks = await receive(first, text);
    await receive(second, 'HTTP/1.1 404 Not Found\r\n\r\nsomething long enough to overwrite it all\n');
    expect(Buffer.concat(chunks).toString()).to.equal(text);
  });

  it('keep what nobody has read in time', async () => {
    const [first, second] = [await open(true), await open(true)];
    const told = once(first.client, 'readable');
    first.peer.write('some');
    await told;
    await receive(second, 'other');
    expect((first.client.read() as Buffer).toString()).to.equal('some');
  });

  it('end when the other side does', async () => {
    const { client, peer } = await open(true);
    const ended = once(client, 'end');
    client.on('readable', () => client.read());
    peer.end();
    await ended;
  });
});
