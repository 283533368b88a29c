import type { LookupFunction } from 'node:net';

import { createConnector, type TlsChoice } from '../scrape/connector.ts';
import { createProxyConnector } from '../scrape/proxy-connector.ts';
import { ScrapeError } from '../scrape/scrape-error.ts';
import type { ConnectionFactory, TargetAccess } from '../scrape/target-connection.ts';
import type { Profile } from './profile.ts';

/**
 * What requests with a profile need. Its connections are its own, with their own cache of TLS sessions.
 *
 * @param lookups - How names are resolved: of targets to addresses that the policy of the collector allows.
 */
export function profileAccess(
  profile: Profile,
  { lookup, proxyLookup }: Pick<ConnectionFactory, 'lookup' | 'proxyLookup'>,
): TargetAccess {
  const tls = tlsChoice(profile);
  const { headers, proxy } = profile;
  if (proxy !== undefined) {
    const connector = createProxyConnector(proxy, proxyLookup, tls);
    return { headers, proxy, connectorFor: () => connector };
  }
  const connector = createConnector(lookup, tls);
  const byAddress = createConnector(boundLookup(profile, lookup), tls);
  return {
    headers,
    proxy,
    connectorFor: (host) => (profile.binding.bindingOf(host) === 'bound' ? connector : byAddress),
  };
}

function tlsChoice({ tls }: Profile): TlsChoice {
  if (tls === undefined) return {};
  const { cert, key, ca, serverName, insecureSkipVerify } = tls;
  return {
    ...(cert === undefined ? {} : { cert, key }),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
  };
}

/** Hands out only the addresses that the profile is bound to: what the name resolves to now is what counts. */
function boundLookup({ name, binding }: Profile, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = Array.isArray(found) ? found : [];
      const bound = addresses.filter(({ address }) => binding.allowsAddress(address));
      const [first] = bound;
      if (first === undefined) {
        const shown = addresses.slice(0, 3).map(({ address }) => address);
        const message = `the profile ${name} is not bound to the host ${hostname}, nor to ${shown.join(', ')}`;
        callback(new ScrapeError('credentials', message), []);
      } else if (options.all === true) {
        callback(null, bound);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
