import type { NetworkInterfaceInfo } from 'node:os';

/** Network interfaces as `os.networkInterfaces()` gives them. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The address under which other hosts most likely reach this one: the first IPv4 address that is neither loopback nor
 * link-local, else the first such IPv6 address; undefined where there is none. In the order of the interfaces, which the
 * operating system decides; on a host with several networks, say which one is meant.
 */
export function firstRoutableAddress(interfaces: NetworkInterfaces): string | undefined {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? []);
  const routable = all.filter(({ internal, address }) => !internal && !isLinkLocal(address));
  const best = routable.find(({ family }) => family === 'IPv4') ?? routable.find(({ family }) => family === 'IPv6');
  return best?.address;
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}
