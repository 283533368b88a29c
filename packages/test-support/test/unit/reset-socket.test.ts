import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { expect } from 'chai';

import { resetSocket } from '../../src/reset-socket.ts';

describe('resetSocket', () => {
  async function connected(use: (near: Socket, far: Socket) => Promise<void>): Promise<void> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    const [far] = await accepted;
    try {
      await use(near, far);
    } finally {
      near.destroy();
      far.destroy();
      server.close();
    }
  }

  it('resets a connection', async () => {
    await connected(async (near, far) => {
      const failed = once(far, 'error');
      resetSocket(near);
      expect((await failed)[0]).to.include({ code: 'ECONNRESET' });
    });
  });

  it('closes one whose end is on the way out, without an error', async () => {
    await connected(async (near) => {
      const errors: unknown[] = [];
      near.on('error', (error) => errors.push(error));
      const closed = once(near, 'close');
      near.end();
      resetSocket(near);
      await closed;
      expect(errors).to.deep.equal([]);
    });
  });
});
