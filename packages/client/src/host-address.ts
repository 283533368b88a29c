import type { AddressInfo, Server } from 'node:net';

/** Where a server listens; `host` is `undefined` when it listens on all interfaces. */
export interface ListeningAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** Where a server listens, or `undefined` when it does not listen on a TCP port. */
export function listeningAddress(server: Pick<Server, 'address'>): ListeningAddress | undefined {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') return undefined;
  const isAny = address.address === '0.0.0.0' || address.address === '::';
  return { host: isAny ? undefined : address.address, port: address.port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The parts of `host:port`. The port is NaN when there is none; brackets around an IPv6 address stay. */
export function splitHostPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, Math.max(0, colon)), port: Number(address.slice(colon + 1) || Number.NaN) };
}
