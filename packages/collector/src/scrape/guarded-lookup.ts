import type { LookupFunction } from 'node:net';

import type { AddressPolicy } from './address-policy.ts';
import type { NameCache } from './name-cache.ts';
import { ScrapeError } from './scrape-error.ts';

/**
 * A `lookup` for sockets that resolves allowed names through the cache and hands out only addresses that the policy allows: what a
 * name resolves to at the moment of connecting is what is checked. Sockets do not ask it about IP literals.
 */
export function guardedLookup(names: NameCache, policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    if (!policy.allowsName(hostname)) {
      callback(deniedNameError(hostname), []);
      return;
    }
    names.resolve(hostname).then(
      (addresses) => {
        const allowed = addresses.filter((address) => policy.allows(address));
        const first = allowed[0];
        if (first === undefined) {
          callback(deniedError(hostname, addresses), []);
        } else if (options.all === true) {
          callback(
            null,
            allowed.map((address) => ({ address, family: familyOf(address) })),
          );
        } else {
          callback(null, first, familyOf(first));
        }
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, []),
    );
  };
}

/** The error for a host whose name the policy refuses. */
export function deniedNameError(hostname: string): ScrapeError {
  return new ScrapeError('address_denied', `scrape.deny names the host ${hostname}`);
}

/** The error for a host whose addresses the policy refuses. */
export function deniedError(hostname: string, addresses: readonly string[]): ScrapeError {
  const shown = addresses.slice(0, 3).join(', ');
  return new ScrapeError('address_denied', `scrape.deny covers every address of ${hostname} (${shown})`);
}

function familyOf(address: string): number {
  return address.includes(':') ? 6 : 4;
}
