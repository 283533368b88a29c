import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { eventually, registerCleanup } from '@pulsekeeper/test-support';

import { type SessionState, ZkError, ZkSession, type ZkSessionOptions } from '../../src/index.ts';

/** A session that is stopped after the test, not started. */
export function makeSession(options: ZkSessionOptions): ZkSession {
  const session = new ZkSession(options);
  registerCleanup({ name: 'session', run: () => session.stop() });
  return session;
}

/** A connected session that is stopped after the test. */
export async function startSession(options: ZkSessionOptions): Promise<ZkSession> {
  const session = makeSession(options);
  await session.start();
  return session;
}

/** Drops a bare connection after the test, however that ends. */
export function abandonAfterTest(connection: { abandon(): void }): void {
  const run = (): Promise<void> => {
    connection.abandon();
    return Promise.resolve();
  };
  registerCleanup({ name: 'connection', run });
}

/** One state with the monotonic time at which it began. */
export interface RecordedState {
  readonly kind: SessionState['kind'];
  readonly atMs: number;
  readonly state: SessionState;
}

/** Records every state that follows. */
export function recordStates(session: ZkSession): RecordedState[] {
  const states: RecordedState[] = [];
  session.on('state', (state) => states.push({ kind: state.kind, atMs: performance.now(), state }));
  return states;
}

/** Waits until a state has been recorded; for states that may have passed by the time one waits for them. */
export async function untilRecorded(
  states: readonly RecordedState[],
  isMeant: (recorded: RecordedState) => boolean,
): Promise<RecordedState> {
  return eventually(
    () => {
      const found = states.find(isMeant);
      if (found === undefined) throw new Error(`only ${states.map(({ kind }) => kind).join(', ')}`);
      return found;
    },
    { timeoutMs: 10_000 },
  );
}

/** Waits until the session is in a state; resolves with the time. */
export async function untilState(session: ZkSession, kind: SessionState['kind'], timeoutMs = 10_000): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  for await (const state of session.states({ signal })) {
    if (state.kind === kind) return performance.now();
  }
  throw new Error(`the session did not get ${kind} within ${timeoutMs} ms, it is ${session.state.kind}`);
}

/** `resolved`, or the code that a promise was rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof ZkError ? error.code : String(error)),
  );
}

/** A chroot of its own for each call. */
export function newChroot(): string {
  chroots += 1;
  return `/test-${process.pid}-${chroots}`;
}
let chroots = 0;

/** A server that accepts connections and never says a word. */
export async function startSilentServer(host = '127.0.0.1'): Promise<{ port: number; accepted: () => number }> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket.on('error', () => undefined));
  });
  await once(server.listen(0, host), 'listening');
  registerCleanup({
    name: 'silent server',
    run: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return { port: (server.address() as AddressInfo).port, accepted: () => accepted };
}

/**
 * A proxy that learns each session's password on its way, and can so do what a server does on expiry: end the
 * session from another connection.
 */
export class ExpiringProxy {
  readonly port: number;
  readonly #targetPort: number;
  #handshake: Buffer | undefined;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.#targetPort = targetPort;
  }

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

  /** Closes the latest session that came through, as its owner would; resolves when the server has said yes. */
  async expireSession(): Promise<void> {
    const handshake = this.#handshake;
    if (handshake === undefined) throw new Error('no session came through yet');
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
    socket.on('error', () => undefined);
    socket.write(request);
    await once(socket, 'data');
    socket.write(closeSession);
    await once(socket.resume(), 'close');
  }
}

/** Waits until a node is gone for `observer`; resolves with the time. */
export async function untilGone(observer: ZkSession, path: string, timeoutMs = 10_000): Promise<number> {
  await eventually(async () => (await observer.exists(path)) === undefined, { timeoutMs, intervalMs: 10 });
  return performance.now();
}
