import { BlockList, isIP } from 'node:net';

import { HostNames, isNetworkText } from './host-names.ts';

/** `::/96` without `::1`: forms of IPv4 addresses that are long deprecated, and that some systems still connect to. */
const IPV4_COMPATIBLE: readonly string[] = Array.from({ length: 31 }, (_, index) => {
  const bit = index + 1;
  const first = 2 ** bit;
  return `::${Math.floor(first / 0x1_0000).toString(16)}:${(first % 0x1_0000).toString(16)}/${128 - bit}`;
});

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
  'fd20:ce::254/128', // metadata, Google Cloud
  '64:ff9b::a9fe:0/112', // link-local IPv4 behind NAT64
  '64:ff9b::/104', // "this host" behind NAT64
  '64:ff9b::e000:0/100', // multicast behind NAT64
  '64:ff9b:1::/48', // whatever a network of its own makes of NAT64
  '::ffff:0:0:0/96', // IPv4 as SIIT translates it
  '2002:a9fe::/32', // link-local IPv4 behind 6to4
  '2002::/24', // "this host" behind 6to4
  '2002:e000::/20', // multicast behind 6to4
  ...IPV4_COMPATIBLE,
];

/** Settings of {@link AddressPolicy}. */
export interface AddressPolicyOptions {
  /**
   * Networks in CIDR form that may be scraped whatever `deny` says, and names likewise. An allowed name lifts no denial of
   * the addresses that it resolves to.
   * @defaultValue none
   */
  readonly allow?: readonly string[] | undefined;
  /**
   * Networks that may not, on top of {@link DEFAULT_DENIED_NETWORKS}, and names: `db.example`, or `.internal.example` for all
   * names below.
   * @defaultValue none
   */
  readonly deny?: readonly string[] | undefined;
}

/**
 * Decides which names and addresses may be connected to: ask it for an IP literal before connecting, for a name before it is
 * resolved, and for each address that a name resolved to. IPv4-mapped IPv6 addresses count as IPv4.
 */
export class AddressPolicy {
  readonly #allowed: HostSet;
  readonly #denied: HostSet;

  /** @throws RangeError for what is neither a network in CIDR form nor a name. */
  constructor(options: AddressPolicyOptions = {}) {
    this.#allowed = hostSetOf(options.allow ?? []);
    this.#denied = hostSetOf([...DEFAULT_DENIED_NETWORKS, ...(options.deny ?? [])]);
  }

  /** Whether a name, lower case, may be resolved at all. */
  allowsName(name: string): boolean {
    return this.#allowed.names.has(name) || !this.#denied.names.has(name);
  }

  /** Whether an address, without brackets, may be connected to. What is no address may not, nor one with a zone. */
  allows(address: string): boolean {
    // A zone makes an address link-local, and `BlockList` does not match addresses that have one.
    const family = address.includes('%') ? 0 : isIP(address);
    if (family === 0) return false;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    return this.#allowed.networks.check(address, type) || !this.#denied.networks.check(address, type);
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

/** Hosts by address and by name. */
interface HostSet {
  readonly networks: BlockList;
  readonly names: HostNames;
}

function hostSetOf(hosts: readonly string[]): HostSet {
  const networks = new BlockList();
  const names = new HostNames();
  for (const host of hosts) {
    if (isNetworkText(host)) {
      const { address, prefix, family } = parseNetwork(host);
      networks.addSubnet(address, prefix, family);
    } else names.add(host);
  }
  return { networks, names };
}
