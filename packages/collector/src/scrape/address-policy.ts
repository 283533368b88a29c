import { BlockList, isIP } from 'node:net';

/**
 * Networks that are never scraped unless allowed: what a stranger who may write to ZooKeeper must not make a collector
 * fetch. Loopback and private networks are not among them, since that is where metrics live.
 */
export const DEFAULT_DENIED_NETWORKS: readonly string[] = [
  '0.0.0.0/8', // "this host": connecting to it reaches loopback services
  '169.254.0.0/16', // link-local, and the metadata services of most clouds
  '224.0.0.0/4', // multicast
  '255.255.255.255/32',
  '100.100.100.200/32', // metadata, Alibaba Cloud
  '168.63.129.16/32', // host services, Azure
  '192.0.0.192/32', // metadata, Oracle Cloud
  '::/128',
  'fe80::/10', // link-local
  'fec0::/10', // site-local, long deprecated
  'ff00::/8', // multicast
  'fd00:ec2::/32', // metadata, AWS
  '64:ff9b::a9fe:0/112', // link-local IPv4 behind NAT64
  '64:ff9b::/104', // "this host" behind NAT64
  '2002:a9fe::/32', // link-local IPv4 behind 6to4
];

/** Settings of {@link AddressPolicy}. */
export interface AddressPolicyOptions {
  /** Networks in CIDR form that may be scraped whatever `deny` says. @defaultValue none */
  readonly allow?: readonly string[] | undefined;
  /** Networks that may not, on top of {@link DEFAULT_DENIED_NETWORKS}. @defaultValue none */
  readonly deny?: readonly string[] | undefined;
}

/**
 * Decides which addresses may be connected to. It sees addresses, not names: ask it for an IP literal before
 * connecting, and for each address that a name resolved to. IPv4-mapped IPv6 addresses count as IPv4.
 */
export class AddressPolicy {
  readonly #allowed: BlockList;
  readonly #denied: BlockList;

  /** @throws RangeError for a network that is not in CIDR form. */
  constructor(options: AddressPolicyOptions = {}) {
    this.#allowed = blockListOf(options.allow ?? []);
    this.#denied = blockListOf([...DEFAULT_DENIED_NETWORKS, ...(options.deny ?? [])]);
  }

  /** Whether an address, without brackets, may be connected to. What is no address may not, nor one with a zone. */
  allows(address: string): boolean {
    // A zone makes an address link-local, and `BlockList` does not match addresses that have one.
    const family = address.includes('%') ? 0 : isIP(address);
    if (family === 0) return false;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    return this.#allowed.check(address, type) || !this.#denied.check(address, type);
  }
}

/** Reads a network, `10.0.0.0/8` or a single address. @throws RangeError when it is not one. */
export function parseNetwork(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const prefixText = slash < 0 ? String(bits) : text.slice(slash + 1);
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : NaN;
  if (version === 0 || !(prefix <= bits)) {
    throw new RangeError(`${JSON.stringify(text)} is not a network; expected CIDR form such as 10.0.0.0/8`);
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const { address, prefix, family } = parseNetwork(network);
    list.addSubnet(address, prefix, family);
  }
  return list;
}
