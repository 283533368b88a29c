import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { silentLogger, type Logger } from '@pulsekeeper/model';

import { CollectorError } from '../errors.ts';

/** An answer of a route. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Handles a path; takes no parameters and changes nothing. */
export type Route = () => Answer | Promise<Answer>;

/** Where to listen. Port 0 lets the operating system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Requests and answers are small; a client that is slower than this is not worth a socket. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Bounds the sockets that strangers can hold, so that scrapes have file descriptors left. */
const MAX_CONNECTIONS = 256;

/**
 * The collector's own HTTP server: read-only pages by path, `GET` and `HEAD` only. It reflects nothing of a request.
 */
export class StatusServer {
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #server: Server;
  #stopping: Promise<void> | undefined;

  /** @param logger - told of what the server cannot accept, such as connections beyond the process' file descriptors. */
  constructor(routes: ReadonlyMap<string, Route>, logger: Logger = silentLogger) {
    this.#routes = routes;
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    this.#server.maxConnections = MAX_CONNECTIONS;
    // Without a listener such an error would end the process; the server itself goes on.
    this.#server.on('error', (err) => logger.warn({ err }, 'status server failed'));
    this.#server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** @throws CollectorError `ListenFailed` */
  async start({ host, port }: ListenAddress): Promise<ListenAddress> {
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: Error): void => {
        reject(new CollectorError('ListenFailed', `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
      };
      this.#server.once('error', onError);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', onError);
        resolve();
      });
    });
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#stopping;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, contentType, body } = await this.#route(request);
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #route(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD');
    const route = this.#routes.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (route === undefined) return plain(404, `there are: ${[...this.#routes.keys()].join(' ')}`);
    try {
      return await route();
    } catch {
      // What went wrong is nobody's business out there; the page just cannot be made now.
      return plain(500, 'the page could not be made');
    }
  }
}

/** An answer of plain text. */
export function plain(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** An answer of JSON. */
export function json(value: unknown, status = 200): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value, undefined, 2)}\n` };
}
