import type { Registry } from 'prom-client';

import { DurationHistogram } from './duration-histogram.ts';

/** How often the event loop is probed; each probe is a wake-up. */
const PROBE_MS = 20;

/** What prom-client exposes of its own monitor, whose values hold the pause between two probes, too. */
const REPLACED = ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'];

/**
 * How late timers fire: the histogram `pulsekeeper_event_loop_lag_seconds`. It counts from the start on, so whoever asks gets
 * any quantile over any time, whoever else asks. It replaces the `nodejs_eventloop_lag` metrics of prom-client.
 */
export class EventLoopLag {
  readonly #histogram: DurationHistogram;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry) {
    for (const part of REPLACED) registry.removeSingleMetric(`nodejs_eventloop_lag${part}_seconds`);
    this.#histogram = new DurationHistogram(
      'pulsekeeper_event_loop_lag_seconds',
      `How late timers fire, asked every ${PROBE_MS} ms.`,
      registry,
    );
  }

  start(): void {
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#histogram.observe(Math.max(0, nowMs - lastMs - PROBE_MS) / 1000);
      lastMs = nowMs;
    }, PROBE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
