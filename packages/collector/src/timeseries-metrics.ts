import type { Store, TimeseriesHealth } from '@pulsekeeper/store';
import { Counter, type Registry } from 'prom-client';

const HELP: Readonly<Record<keyof TimeseriesHealth, readonly [name: string, help: string]>> = {
  samples: ['samples_total', 'Samples that Redis has in time series.'],
  nonFiniteSamples: ['non_finite_samples_total', 'NaN and infinities, which no time series holds.'],
  expiredSamples: ['expired_samples_total', 'Samples older than the retention of their series.'],
  refusedSamples: ['refused_samples_total', 'Samples that Redis refused for another reason.'],
  createdSeries: ['created_series_total', 'Time series created, those that had vanished included.'],
};

/** Adds what is counted of time series, where the store writes any. */
export function exposeTimeseriesMetrics(registry: Registry, store: Pick<Store, 'health'>): void {
  if (store.health().timeseries === undefined) return;
  for (const [field, [name, help]] of Object.entries(HELP) as [keyof TimeseriesHealth, readonly [string, string]][]) {
    new Counter({
      name: `pulsekeeper_store_timeseries_${name}`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(store.health().timeseries?.[field] ?? 0);
      },
    });
  }
}
