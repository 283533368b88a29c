import { ExpositionParser } from '@pulsekeeper/exposition';
import { expect } from 'chai';
import { Registry } from 'prom-client';

import { DurationHistogram } from '../../src/duration-histogram.ts';
import { CollectorMetrics } from '../../src/metrics.ts';
import { ScrapeError } from '../../src/scrape/scrape-error.ts';
import type { ScrapeOutcome } from '../../src/scrape/target-scraper.ts';

const OUTCOME: ScrapeOutcome = {
  exposition: undefined,
  error: undefined,
  attempts: 1,
  retried: [],
  durationMs: 7,
  lastAttemptAfterMs: 0,
  bodyBytes: 100,
  wireBytes: 40,
};

/** Values of a registry's text by series key. */
async function valuesOf(registry: Registry): Promise<Record<string, number>> {
  const { keys, values } = new ExpositionParser().parse(Buffer.from(await registry.metrics()), 'prometheus-text');
  const names = Buffer.from(keys).toString().trimEnd().split('\n');
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? NaN]));
}

describe('DurationHistogram', () => {
  it('counts what prom-client would', async () => {
    const registry = new Registry();
    const histogram = new DurationHistogram('x_seconds', 'Text.', registry);
    for (const seconds of [0, 0.001, 0.0011, 0.3, 99]) histogram.observe(seconds);
    const values = await valuesOf(registry);
    expect(values).to.include({
      'x_seconds_bucket{le="0.001"}': 2,
      'x_seconds_bucket{le="0.0025"}': 3,
      'x_seconds_bucket{le="0.25"}': 3,
      'x_seconds_bucket{le="0.5"}': 4,
      'x_seconds_bucket{le="30"}': 4,
      'x_seconds_bucket{le="+Inf"}': 5,
      x_seconds_count: 5,
    });
    expect(values['x_seconds_sum']).to.be.closeTo(99.3021, 1e-9);
    expect(await registry.metrics()).to.contain('# TYPE x_seconds histogram');
  });
});

describe('CollectorMetrics', () => {
  it('counts scrapes, their attempts, and why attempts failed', async () => {
    const registry = new Registry();
    const metrics = new CollectorMetrics(registry);
    const refused = new ScrapeError('connection_refused', 'x');
    metrics.observeScrape(OUTCOME, { duplicates: 2, outOfBounds: 3, outOfOrder: 4, duplicateTimestamps: 5 });
    metrics.observeScrape({
      ...OUTCOME,
      attempts: 3,
      retried: [refused, refused],
      error: new ScrapeError('timeout', 'x'),
    });
    metrics.countLooks(5, true);
    metrics.countLooks(2, false);
    expect(await valuesOf(registry)).to.include({
      pulsekeeper_scrape_attempts_total: 4,
      pulsekeeper_samples_duplicate_total: 2,
      pulsekeeper_samples_out_of_bounds_total: 3,
      pulsekeeper_samples_out_of_order_total: 4,
      pulsekeeper_samples_duplicate_timestamp_total: 5,
      pulsekeeper_scrape_body_bytes_total: 200,
      pulsekeeper_scrape_wire_bytes_total: 80,
      'pulsekeeper_scrape_failures_total{reason="connection_refused"}': 2,
      'pulsekeeper_scrape_failures_total{reason="timeout"}': 1,
      pulsekeeper_slot_looks_total: 7,
      pulsekeeper_slot_looks_failed_total: 2,
      pulsekeeper_scrape_duration_seconds_count: 2,
    });
    expect(metrics.failures).to.deep.equal({ connection_refused: 2, timeout: 1 });
  });
});
