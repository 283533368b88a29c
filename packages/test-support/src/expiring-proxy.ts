import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

import { registerCleanup } from './cleanup-registry.ts';
import { TestSupportError } from './errors.ts';

/** The answer to a request that closes a session: length, number, transaction, error. */
const CLOSED_BYTES = 20;
const MOST_OPENED = 20;

/**
 * A way to a ZooKeeper server that learns the id and the password of each session on its way. With these a second client
 * can open the same session and close it, upon which the server ends it as on expiry: its ephemerals go, and the first
 * client's connection is dropped.
 */
export class ExpiringProxy {
  /** Where clients connect. */
  readonly port: number;
  readonly #targetPort: number;
  #handshake: Buffer | undefined;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.#targetPort = targetPort;
  }

  /** Starts one on 127.0.0.1. It serves one session; of several, the latest is the one that `expireSession` ends. */
  static async start(targetPort: number): Promise<ExpiringProxy> {
    const server = createServer((client) => {
      const upstream = connect(targetPort, '127.0.0.1');
      upstream.once('data', (first) => (proxy.#handshake = Buffer.from(first)));
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) {
        socket.on('error', () => undefined).on('close', () => [client, upstream].forEach((each) => each.destroy()));
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const proxy = new ExpiringProxy((server.address() as AddressInfo).port, targetPort);
    registerCleanup({
      name: 'expiring proxy',
      run: async () => {
        server.close();
        await Promise.resolve();
      },
    });
    return proxy;
  }

  /**
   * Opens the latest session that came through a second time and closes it; resolves when the server has done so. The client,
   * whose connection that costs, may take the session back before it is closed: then it is opened again.
   */
  async expireSession(): Promise<void> {
    for (let opened = 0; opened < MOST_OPENED; opened++) if (await this.#closeSession()) return;
    throw new TestSupportError('CommandFailed', `the client has taken its session back ${MOST_OPENED} times`);
  }

  /** @returns Whether the server has answered that it closed the session. */
  async #closeSession(): Promise<boolean> {
    const handshake = this.#handshake;
    if (handshake === undefined) throw new TestSupportError('CommandFailed', 'no session came through yet');
    // The answer to a connect request: length, protocol version, timeout, session id (8), password (4 + 16).
    const request = Buffer.alloc(48);
    request.writeInt32BE(44, 0);
    handshake.copy(request, 16, 8, 12);
    handshake.copy(request, 20, 12, 40);
    const closeSession = Buffer.alloc(12);
    closeSession.writeInt32BE(8, 0);
    closeSession.writeInt32BE(1, 4);
    closeSession.writeInt32BE(-11, 8);
    const socket = connect(this.#targetPort, '127.0.0.1');
    const answers: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => answers.push(bytes));
    socket.once('data', () => socket.write(closeSession));
    socket.write(request);
    await new Promise((resolve) => socket.once('close', resolve));
    return Buffer.concat(answers).length >= handshake.length + CLOSED_BYTES;
  }
}
