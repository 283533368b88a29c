import { BlockList, isIP } from 'node:net';

import { parseNetwork } from '../scrape/address-policy.ts';
import { HostNames, isNetworkText } from '../scrape/host-names.ts';

/** What a host must be for credentials to be sent to it. */
export type Binding =
  /** The host itself is named, or is an address in one of the networks. */
  | 'bound'
  /** The host is a name that is not named: only its addresses in the networks count. */
  | 'by address'
  | 'unbound';

/**
 * The hosts that a profile of credentials may be sent to: names, `.example.com` or `*.example.com` for all names below,
 * and networks in CIDR form. A name that is not named may still resolve to addresses in the networks.
 */
export class HostBinding {
  readonly #names = new HostNames();
  readonly #networks = new BlockList();
  #hasNetworks = false;

  /** @throws RangeError for what is neither a name nor a network. */
  constructor(hosts: readonly string[]) {
    for (const host of hosts) this.#add(host);
  }

  /** @param host - Of a URL: lower case, IPv6 without brackets. */
  bindingOf(host: string): Binding {
    if (isIP(host) !== 0) return this.allowsAddress(host) ? 'bound' : 'unbound';
    if (this.#names.has(host)) return 'bound';
    return this.#hasNetworks ? 'by address' : 'unbound';
  }

  allowsAddress(address: string): boolean {
    const family = address.includes('%') ? 0 : isIP(address);
    return family !== 0 && this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }

  #add(host: string): void {
    const text = host.toLowerCase();
    if (isNetworkText(text)) {
      const { address, prefix, family } = parseNetwork(text);
      this.#networks.addSubnet(address, prefix, family);
      this.#hasNetworks = true;
    } else this.#names.add(host);
  }
}
