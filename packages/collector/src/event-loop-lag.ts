import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

import { Gauge, type Registry } from 'prom-client';

/** How often the event loop is probed; each probe is a wake-up. */
const PROBE_MS = 20;

/** The quantiles that are told; 1 is the longest. */
const QUANTILES = [0.5, 0.9, 0.99, 1];

/** What prom-client exposes of its own monitor, whose values hold the pause between two probes, too. */
const REPLACED = ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'];

/**
 * How late timers fire: `pulsekeeper_event_loop_lag_seconds` by quantile, over the time since the metric was last asked for.
 * It replaces the `nodejs_eventloop_lag` metrics of prom-client.
 */
export function exposeEventLoopLag(registry: Registry): void {
  const monitor = monitorEventLoopDelay({ resolution: PROBE_MS });
  monitor.enable();
  for (const part of REPLACED) registry.removeSingleMetric(`nodejs_eventloop_lag${part}_seconds`);
  new Gauge({
    name: 'pulsekeeper_event_loop_lag_seconds',
    help: 'How late timers fire, by quantile, since this was last asked for.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) this.set({ quantile }, lagSeconds(monitor, quantile));
      monitor.reset();
    },
  });
}

/** A probe notes the time since the one before; what exceeds the pause between them is the lag. */
function lagSeconds(monitor: IntervalHistogram, quantile: number): number {
  if (monitor.count === 0) return 0;
  const nanoseconds = quantile === 1 ? monitor.max : monitor.percentile(quantile * 100);
  return Math.max(0, nanoseconds / 1e9 - PROBE_MS / 1000);
}
