import { createServer, request as ask, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

import { listen, type StubTarget } from './stub-target.ts';

/** A forward proxy in this process, to which every name is one of 127.0.0.1. */
export interface StubProxy extends StubTarget {
  /** Method and what was asked for, in order. */
  readonly asked: readonly string[];
  /** What the requests said to the proxy, in order. */
  readonly authorizations: readonly (string | undefined)[];
}

/** What a proxy does with requests. */
export interface StubProxyOptions {
  /** It answers every request with this status, rather than passing it on; 0 is no answer at all. */
  readonly refusal?: number;
}

export async function startStubProxy({ refusal }: StubProxyOptions = {}): Promise<StubProxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const note = (method: string | undefined, what: string | undefined, headers: IncomingHttpHeaders): void => {
    asked.push(`${method} ${what}`);
    authorizations.push(headers['proxy-authorization']);
  };
  const server = createServer((request, answer) => {
    note(request.method, request.url, request.headers);
    if (refusal === 0) return;
    if (refusal !== undefined) {
      answer.writeHead(refusal).end();
      return;
    }
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const { port, pathname } = new URL(request.url ?? '');
    ask({ host: '127.0.0.1', port, path: pathname, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    }).end();
  });
  server.on('connect', (request, near: Socket) => {
    note(request.method, request.url, request.headers);
    if (refusal === 0) {
      // Only who reads is told of an end; sockets of servers may stay half open.
      near.on('end', () => near.end()).resume();
      return;
    }
    if (refusal !== undefined) {
      near.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
      return;
    }
    const port = Number(request.url?.split(':').at(-1));
    const far = connect(port, '127.0.0.1', () => near.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    far.on('error', () => near.destroy()).pipe(near);
    near.on('error', () => far.destroy()).pipe(far);
  });
  const proxy = await listen(server, () => undefined);
  return Object.assign(proxy, { url: new URL(proxy.url).origin, asked, authorizations });
}
