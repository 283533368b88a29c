import { Socket, type LookupFunction } from 'node:net';

import { buildConnector, Client } from 'undici';

import { createConnector, type Connect, type TlsChoice } from './connector.ts';
import { ScrapeError } from './scrape-error.ts';

/** The HTTP proxy by way of which a target is scraped. */
export interface ProxyRoute {
  /** `http://host:port`. */
  readonly origin: string;
  /** What goes to the proxy itself, such as its password: a flat list of names and values. */
  readonly headers: readonly string[];
}

/** Status line and headers of a proxy's answer to `CONNECT` at most. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Opens connections by way of a proxy (RFC 9110, section 9.3.6). Those by TLS lead through a tunnel that it makes for `CONNECT`;
 * those without lead to the proxy itself, which is then asked for the whole URL.
 *
 * @param lookup - Resolves the proxy's name.
 */
export function createProxyConnector(proxy: ProxyRoute, lookup: LookupFunction, tls: TlsChoice): Connect {
  const openPlain = createConnector(lookup);
  const openTunnel = buildConnector({ lookup, timeout: 0, autoSelectFamily: true }) as SocketConnector;
  const openTls = buildConnector({ timeout: 0, minVersion: 'TLSv1.2', allowH2: false, ...tls }) as SocketConnector;
  return (options, callback, isReadingBody) => {
    if (options.protocol !== 'https:') return openPlain(options, callback, isReadingBody);
    return connectThrough(proxy, options, openTunnel, (error, httpSocket) => {
      if (error !== null) callback(error, null);
      else openTls({ ...options, httpSocket }, callback);
    });
  };
}

/** That it returns the socket is missing from undici's types. */
type SocketConnector = (...args: Parameters<buildConnector.connector>) => Socket;

type OnTunnel = (...outcome: [error: null, socket: Socket] | [error: Error, socket: null]) => void;

/** Asks the proxy for a tunnel. @returns the socket to the proxy, while it is being opened */
function connectThrough(
  { origin, headers }: ProxyRoute,
  { host, port }: buildConnector.Options,
  open: SocketConnector,
  onTunnel: OnTunnel,
): Socket {
  const authority = port === '' ? `${host}:443` : `${host}`;
  let opening: Socket | undefined;
  const client = new Client(origin, {
    connect: (options, callback) => {
      opening = open(options, callback);
    },
    headersTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  client.connect({ path: authority, headers: ['host', authority, ...headers] }, (error, answer) => {
    if (error !== null) {
      onTunnel(error, null);
      return;
    }
    const { statusCode, socket } = answer;
    if (socket instanceof Socket && statusCode >= 200 && statusCode < 300) {
      onTunnel(null, socket);
      return;
    }
    socket.on('error', () => undefined).destroy();
    onTunnel(new ScrapeError('connection_error', `the proxy answered CONNECT with status ${statusCode}`), null);
  });
  if (opening === undefined) throw new Error('the client did not connect at once');
  return opening;
}
