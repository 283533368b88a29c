import { BlockList, isIP } from 'node:net';

import { parseNetwork } from '../scrape/address-policy.ts';

/** What a host must be for credentials to be sent to it. */
export type Binding =
  /** The host itself is named, or is an address in one of the networks. */
  | 'bound'
  /** The host is a name that is not named: only its addresses in the networks count. */
  | 'by address'
  | 'unbound';

const HOST_NAME = /^(?:\*\.|\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/**
 * The hosts that a profile of credentials may be sent to: names, `.example.com` or `*.example.com` for all names below,
 * and networks in CIDR form. A name that is not named may still resolve to addresses in the networks.
 */
export class HostBinding {
  readonly #names = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #networks = new BlockList();
  #hasNetworks = false;

  /** @throws RangeError for what is neither a name nor a network. */
  constructor(hosts: readonly string[]) {
    for (const host of hosts) this.#add(host);
  }

  /** @param host - Of a URL: lower case, IPv6 without brackets. */
  bindingOf(host: string): Binding {
    if (isIP(host) !== 0) return this.allowsAddress(host) ? 'bound' : 'unbound';
    const name = host.replace(/\.$/, '');
    if (this.#names.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix))) return 'bound';
    return this.#hasNetworks ? 'by address' : 'unbound';
  }

  allowsAddress(address: string): boolean {
    const family = address.includes('%') ? 0 : isIP(address);
    return family !== 0 && this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }

  #add(host: string): void {
    const text = host.toLowerCase();
    if ((isIP(text) !== 0 || text.includes('/')) && !text.includes('%')) {
      const { address, prefix, family } = parseNetwork(text);
      this.#networks.addSubnet(address, prefix, family);
      this.#hasNetworks = true;
    } else if (!HOST_NAME.test(text)) {
      throw new RangeError(
        `${JSON.stringify(host)} is no host; expected a name, .example.com for all names below, or a network such as 10.0.0.0/8`,
      );
    } else if (text.startsWith('.') || text.startsWith('*')) {
      this.#suffixes.push(text.replace(/^\*/, ''));
    } else {
      this.#names.add(text);
    }
  }
}
