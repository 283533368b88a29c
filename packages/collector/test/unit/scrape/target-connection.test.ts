import { Socket } from 'node:net';

import { expect } from 'chai';

import { AddressPolicy } from '../../../src/scrape/address-policy.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import { TargetConnection } from '../../../src/scrape/target-connection.ts';

describe('a connection that does not come about', () => {
  let sockets: Socket[];
  let connection: TargetConnection;

  beforeEach(() => {
    sockets = [];
    connection = new TargetConnection({
      // As towards a host that is gone: nobody answers and nobody refuses.
      factory: {
        connector: () => {
          const socket = new Socket();
          sockets.push(socket);
          return socket;
        },
        policy: new AddressPolicy(),
      },
      url: new URL('http://192.0.2.1:9100/metrics'),
      headers: [],
      intervalMs: 1_000,
      followsRedirects: false,
      keepsAlive: () => true,
    });
  });

  const limits = { maxBodyBytes: 1_000, maxWireBytes: 1_000, refuseContentType: () => undefined };

  it('leaves no socket behind at the deadline', async () => {
    const result = await connection.fetch(limits, 20);
    expect(result).to.be.instanceOf(ScrapeError).with.property('reason', 'timeout');
    expect(sockets.map((socket) => socket.destroyed)).to.deep.equal([true]);
    await connection.fetch(limits, 20);
    expect(sockets.map((socket) => socket.destroyed)).to.deep.equal([true, true]);
  });

  it('leaves no socket behind when it is closed', async () => {
    const fetching = connection.fetch(limits, 10_000);
    connection.close();
    expect(await fetching).to.be.instanceOf(ScrapeError);
    expect(sockets.every((socket) => socket.destroyed)).to.equal(true);
  });
});
