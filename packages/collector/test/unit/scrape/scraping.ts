import { SeriesPool } from '@pulsekeeper/exposition';
import {
  DEFAULT_SCRAPE_RULE,
  silentLogger,
  systemClock,
  type ScrapeRule,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';

import { CredentialStore } from '../../../src/credentials/credential-store.ts';
import { profileAccess } from '../../../src/credentials/profile-access.ts';
import { AddressPolicy, type AddressPolicyOptions } from '../../../src/scrape/address-policy.ts';
import { NameCache } from '../../../src/scrape/name-cache.ts';
import type { NameLookup } from '../../../src/scrape/name-lookup.ts';
import { createConnectionFactory, type ConnectionFactory } from '../../../src/scrape/target-connection.ts';
import { TargetScraper, type ScraperSurroundings } from '../../../src/scrape/target-scraper.ts';

/** What a test may decide about a scraper. */
export interface ScrapingOptions {
  readonly rule?: Partial<ScrapeRule>;
  readonly policy?: AddressPolicyOptions;
  readonly lookup?: NameLookup;
  readonly fallbackFormat?: ScraperSurroundings['fallbackFormat'];
  /** Without it there is no profile that a rule could name. */
  readonly credentials?: CredentialStore;
  /** Shared with the credentials. */
  readonly connections?: ConnectionFactory;
  /** What waits between attempts are drawn by. @defaultValue 0: there is none */
  readonly random?: () => number;
}

/** Connections of a test. */
export function connectionsOf({ lookup, policy }: Pick<ScrapingOptions, 'lookup' | 'policy'> = {}): ConnectionFactory {
  const refuse: NameLookup = () => Promise.reject(new Error('no names in this test'));
  const names = new NameCache({ lookup: lookup ?? refuse, clock: systemClock });
  return createConnectionFactory(names, new AddressPolicy(policy));
}

/** Profiles from a file, as a collector has them. */
export function credentialsOf(
  file: string | undefined,
  connections: ConnectionFactory,
  logger = silentLogger,
): CredentialStore {
  return new CredentialStore({ file, accessOf: (profile) => profileAccess(profile, connections), logger });
}

/** A scraper of one URL; short timeouts, no retries, no waiting between attempts. */
export function scraperOf(url: string, options: ScrapingOptions = {}): TargetScraper {
  const rule: ScrapeRule = { ...DEFAULT_SCRAPE_RULE, intervalMs: 2_000, timeoutMs: 1_000, retries: 0, ...options.rule };
  const target: Target = {
    id: 'stub/one' as TargetId,
    service: 'stub',
    instance: 'one',
    url,
    rule,
    labels: { service: 'stub', instance: 'one' },
  };
  const connections = options.connections ?? connectionsOf(options);
  return new TargetScraper(target, {
    connections,
    credentials: options.credentials ?? credentialsOf(undefined, connections),
    clock: systemClock,
    random: options.random ?? (() => 0),
    fallbackFormat: options.fallbackFormat,
    pool: new SeriesPool(),
    keepsAlive: () => true,
  });
}
