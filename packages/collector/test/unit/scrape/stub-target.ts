import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A target in this process. */
export interface StubTarget {
  readonly url: string;
  /** Requests that came. */
  readonly requests: number;
  /** Connections that were made. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  close(): Promise<void>;
}

/** A target that answers through node:http. */
export function httpTarget(listener: RequestListener): Promise<StubTarget> {
  return listen(createHttpServer({ keepAliveTimeout: 60_000 }, listener), countRequests);
}

/** A target that answers through node:https. */
export function httpsTarget(options: ServerOptions, listener: RequestListener): Promise<StubTarget> {
  return listen(createHttpsServer(options, listener), countRequests, 'https');
}

function countRequests(server: Listening, counts: { requests: number }): void {
  server.on('request', () => (counts.requests += 1));
}

/** A target that answers each request with these bytes, and then does what `after` says. */
export function rawTarget(
  answer: string | Buffer,
  after: (socket: Socket) => void = () => undefined,
): Promise<StubTarget> {
  return socketTarget((socket) => {
    if (answer.length > 0) socket.write(answer);
    after(socket);
  });
}

/** A target that does with each request's socket what it likes. */
export function socketTarget(onRequest: (socket: Socket) => void): Promise<StubTarget> {
  return listen(createServer(), (server, counts) => {
    server.on('connection', (socket: Socket) => {
      socket.on('data', () => {
        counts.requests += 1;
        onRequest(socket);
      });
    });
  });
}

interface Listening {
  on(event: string, listener: (...args: never[]) => void): unknown;
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(done: () => void): unknown;
}

/** Listens with a server, whose `/metrics` is the target, and keeps count. */
export async function listen<T extends Listening>(
  server: T,
  prepare: (server: T, counts: { requests: number }) => void,
  scheme = 'http',
): Promise<StubTarget> {
  const counts = { requests: 0, connections: 0 };
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    counts.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  prepare(server, counts);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}/metrics`,
    get requests() {
      return counts.requests;
    },
    get connections() {
      return counts.connections;
    },
    get open() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
