import type { AddressInfo, Server } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

/** Network interfaces as `os.networkInterfaces()` gives them. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The address under which other hosts most likely reach this one: the first IPv4 address that is neither loopback nor
 * link-local, else the first such IPv6 address, else `127.0.0.1`. In the order of the interfaces, which the operating
 * system decides; on a host with several networks, say which one is meant.
 */
export function firstRoutableAddress(interfaces: NetworkInterfaces): string {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? []);
  const routable = all.filter(({ internal, address }) => !internal && !isLinkLocal(address));
  const best = routable.find(({ family }) => family === 'IPv4') ?? routable.find(({ family }) => family === 'IPv6');
  return best?.address ?? '127.0.0.1';
}

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

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}
