import type { LookupFunction, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

import { buildConnector } from 'undici';

import { connectRecycled } from './recycled-reads.ts';

/**
 * Opens a socket and tells by the callback when it is open.
 *
 * @param isReadingBody - Whether the head of the response that is being read is complete.
 */
export type Connect = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
  isReadingBody: () => boolean,
) => Socket;

const HTTP_PORT = 80;

/** After so long without traffic the kernel asks whether the other side is still there. */
const KEEP_ALIVE_PROBE_MS = 60_000;

/** What a profile of credentials says about connections by TLS. */
export type TlsChoice = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;

/** Makes what opens sockets; those by TLS share a cache of sessions. */
export function createConnector(lookup: LookupFunction, tls: TlsChoice = {}): Connect {
  const connectTls = buildConnector({
    lookup,
    // The deadline of the attempt covers connecting; undici's own timer would be one more for each connection.
    timeout: 0,
    minVersion: 'TLSv1.2',
    allowH2: false,
    autoSelectFamily: true,
    ...tls,
    // That it returns the socket is missing from undici's types.
  }) as (...args: Parameters<buildConnector.connector>) => Socket;
  return (options, callback, isReadingBody) => {
    if (options.protocol === 'https:') return connectTls(options, callback);
    const { hostname, port } = options;
    const address = { host: hostname, port: Number(port === '' ? HTTP_PORT : port), lookup, autoSelectFamily: true };
    const keepAlive = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS };
    const socket = connectRecycled({ ...address, ...keepAlive }, isReadingBody);
    let isOpen = false;
    socket.once('connect', () => {
      isOpen = true;
      callback(null, socket);
    });
    // It stays: an error may come before undici listens itself.
    socket.on('error', (error) => {
      if (!isOpen) callback(error, null);
    });
    return socket;
  };
}
