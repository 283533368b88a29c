import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from 'node:tls';

import type { Endpoint } from './endpoints.ts';

/** How to speak TLS with the ensemble. Certificates are always checked. PEM text or buffers. */
export interface ZkTlsOptions {
  /** Certificate authorities to trust. @defaultValue those that Node.js trusts */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** Client certificate chain, where the servers ask for one. @defaultValue none */
  readonly cert?: string | Buffer | undefined;
  /** Private key of `cert`. @defaultValue none */
  readonly key?: string | Buffer | undefined;
  /** Pass phrase of `key`. @defaultValue none */
  readonly passphrase?: string | undefined;
  /** The name that every server's certificate must carry. @defaultValue the host in the connect string */
  readonly serverName?: string | undefined;
}

/** What {@link openSocket} needs besides the endpoint. */
export interface OpenSocketOptions {
  readonly tls: ZkTlsOptions | undefined;
  /** Aborted: the attempt ends with the signal's reason and leaves no socket behind. */
  readonly signal: AbortSignal;
  /** Whether the socket lets the process exit. */
  readonly unref: boolean;
}

/**
 * Opens a connection that bytes can be sent over: after the TCP handshake, with TLS after the server's
 * certificate has been checked. The socket has no listeners then.
 *
 * @throws the socket's error, or the signal's reason.
 */
export function openSocket(endpoint: Endpoint, options: OpenSocketOptions): Promise<Socket> {
  const { tls, signal } = options;
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const target = { host: endpoint.address, port: endpoint.server.port };
    const socket = tls === undefined ? connectTcp(target) : connectTls({ ...target, ...tlsOptions(endpoint, tls) });
    const readyEvent = tls === undefined ? 'connect' : 'secureConnect';
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off(readyEvent, onReady).off('error', onError).off('close', onClose);
    };
    const onReady = (): void => {
      settle();
      resolve(socket);
    };
    const onError = (error: Error): void => {
      settle();
      // Later errors of a socket that was given up are nobody's business, and must not be uncaught.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => onError(new Error('the connection was closed during the handshake'));
    const onAbort = (): void => onError(signal.reason as Error);
    socket.on(readyEvent, onReady).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setNoDelay();
    if (options.unref) socket.unref();
  });
}

function tlsOptions(endpoint: Endpoint, tls: ZkTlsOptions): ConnectionOptions {
  const name = tls.serverName ?? endpoint.server.host;
  return {
    ca: tls.ca === undefined || typeof tls.ca === 'string' || Buffer.isBuffer(tls.ca) ? tls.ca : [...tls.ca],
    cert: tls.cert,
    key: tls.key,
    passphrase: tls.passphrase,
    // An IP address must not be sent as a server name; it is checked against the certificate all the same.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_name, certificate) => checkServerIdentity(name, certificate),
  };
}
