import type { Registry } from 'prom-client';

import { DurationHistogram } from './duration-histogram.ts';

/**
 * How often the event loop is probed. Each probe is a wake-up, which costs a process with little to do some 100 µs. Prime, so that
 * the probes meet all phases of what recurs every so many round milliseconds, as the slots do.
 */
const PROBE_MS = 47;

/** What prom-client exposes of its own monitor, whose values hold the pause between two probes, too. */
const REPLACED = ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'];

/**
 * How late timers fire, as histograms that count from the start on, so whoever asks gets any quantile over any time, whoever
 * else asks: `pulsekeeper_event_loop_lag_seconds`, and what the process itself has done to it,
 * `pulsekeeper_event_loop_own_lag_seconds`. The rest is waiting for a processor, which others have. They replace the
 * `nodejs_eventloop_lag` metrics of prom-client.
 */
export class EventLoopLag {
  readonly #lag: DurationHistogram;
  readonly #ownLag: DurationHistogram;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry) {
    for (const part of REPLACED) registry.removeSingleMetric(`nodejs_eventloop_lag${part}_seconds`);
    this.#lag = new DurationHistogram(
      'pulsekeeper_event_loop_lag_seconds',
      `How late timers fire, asked every ${PROBE_MS} ms.`,
      registry,
    );
    this.#ownLag = new DurationHistogram(
      'pulsekeeper_event_loop_own_lag_seconds',
      'Of that, at most the processor time that the process took meanwhile.',
      registry,
    );
  }

  start(): void {
    let lastMs = performance.now();
    let lastCpuMs = processorMs();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const cpuMs = processorMs();
      const lagMs = Math.max(0, nowMs - lastMs - PROBE_MS);
      this.#lag.observe(lagMs / 1000);
      this.#ownLag.observe(Math.min(lagMs, cpuMs - lastCpuMs) / 1000);
      lastMs = nowMs;
      lastCpuMs = cpuMs;
    }, PROBE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
