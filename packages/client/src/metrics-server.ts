import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Logger } from '@pulsekeeper/registry';
import { listeningAddress } from './host-address.ts';
import { metricsHandler, type MetricsRegistry } from './metrics-handler.ts';

/** Options of {@link startMetricsServer}. */
export interface MetricsServerOptions {
  readonly metrics: MetricsRegistry;
  /** Ports to listen on, tried in this order until one is free; 0 lets the system choose one. */
  readonly ports: readonly number[];
  /** Address to listen on; all interfaces when left out. */
  readonly host: string | undefined;
  /** The path that is answered, until there are more. */
  readonly path: string;
  readonly logger: Logger;
}

/** A server of metrics that keeps no process alive. */
export interface MetricsServer {
  /** Where it listens; `undefined` means all interfaces. */
  readonly host: string | undefined;
  readonly port: number;
  /** Answers under another path, too; what is known by an earlier one goes on to work. */
  readonly servePath: (path: string) => void;
  /** Stops listening and cuts what is still open. */
  close(): Promise<void>;
}

/** Serves metrics on a port of their own. Rejects when it can listen on none of them, with what forbids the last. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const handle = metricsHandler(options.metrics, { logger: options.logger });
  const paths = new Set([options.path]);
  const server = createServer((request, response) => {
    const isKnown = paths.has(request.url?.split('?', 1)[0] ?? '');
    const isAllowed = request.method === 'GET' || request.method === 'HEAD';
    if (isKnown && isAllowed) {
      void handle(request, response);
      return;
    }
    response.writeHead(isKnown ? 405 : 404, { 'content-length': 0 }).end();
  });
  const wanted = await listenOnFirstFree(server, options);
  server.unref();
  // A connection that a collector keeps open must not hold the process either.
  server.on('connection', (socket) => socket.unref());
  server.on('error', (err) => options.logger.warn({ err }, 'metrics server failed'));
  const { host, port } = listeningAddress(server) ?? { host: options.host, port: wanted };
  return { host, port, servePath: (path) => void paths.add(path), close: () => closeServer(server) };
}

/** Gives the port as it was asked for. */
async function listenOnFirstFree(server: Server, { ports, host }: MetricsServerOptions): Promise<number> {
  let failure: unknown = new RangeError('there is no port to listen on');
  for (const port of ports) {
    try {
      server.listen({ port, host });
      await once(server, 'listening');
      return port;
    } catch (error) {
      failure = error;
      if (!isTaken(error)) break;
    }
  }
  throw failure;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The only error is that it does not listen any more, which is what is wanted.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
