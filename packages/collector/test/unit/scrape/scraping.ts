import { SeriesPool } from '@pulsekeeper/exposition';
import { DEFAULT_SCRAPE_RULE, systemClock, type ScrapeRule, type Target, type TargetId } from '@pulsekeeper/model';

import { AddressPolicy, type AddressPolicyOptions } from '../../../src/scrape/address-policy.ts';
import { NameCache } from '../../../src/scrape/name-cache.ts';
import type { NameLookup } from '../../../src/scrape/name-lookup.ts';
import { createConnectionFactory } from '../../../src/scrape/target-connection.ts';
import { TargetScraper, type ScraperSurroundings } from '../../../src/scrape/target-scraper.ts';

/** What a test may decide about a scraper. */
export interface ScrapingOptions {
  readonly rule?: Partial<ScrapeRule>;
  readonly policy?: AddressPolicyOptions;
  readonly lookup?: NameLookup;
  readonly fallbackFormat?: ScraperSurroundings['fallbackFormat'];
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
  const lookup = options.lookup ?? (() => Promise.reject(new Error('no names in this test')));
  return new TargetScraper(target, {
    connections: createConnectionFactory(
      new NameCache({ lookup, clock: systemClock }),
      new AddressPolicy(options.policy),
    ),
    clock: systemClock,
    random: () => 0,
    fallbackFormat: options.fallbackFormat,
    pool: new SeriesPool(),
    keepsAlive: () => true,
  });
}
