import { readHistogram, type MetricHistogram } from '@pulsekeeper/test-support';

import type { CollectorProcess } from './collector-process.ts';

/** What the tests read of a collector's `/status`. */
export interface StatusPage {
  /** From which slot on it takes part; another one after each time that it joins. */
  readonly activeFromMs: number;
  readonly ring: string | undefined;
  readonly members: number;
  readonly targets: number;
  readonly isDemoted: boolean;
  readonly stalls: number;
  readonly clockSkewMs: number | undefined;
  readonly slots: Readonly<Record<string, number>>;
}

/** What the tests read of a target on `/targets`. */
export interface TargetPage {
  readonly target: string;
  readonly rank: number;
  readonly slots: Readonly<Record<string, number>>;
}

/** The page `/status` of a collector. */
export async function readStatus(collector: CollectorProcess): Promise<StatusPage> {
  return (await (await fetch(`${collector.statusUrl}/status`)).json()) as StatusPage;
}

/** The targets that a collector has a part in. */
export async function readTargets(collector: CollectorProcess): Promise<readonly TargetPage[]> {
  const page = (await (await fetch(`${collector.statusUrl}/targets`)).json()) as { targets: TargetPage[] };
  return page.targets;
}

/** How late timers of a collector fired since its start, in seconds. */
export interface EventLoopLags {
  readonly all: MetricHistogram;
  /** What the collector itself has done to it; the rest is waiting for a processor. */
  readonly own: MetricHistogram;
}

/** How late timers of a collector fired since its start. */
export async function readEventLoopLags(collector: CollectorProcess): Promise<EventLoopLags> {
  const page = await readMetricsPage(collector);
  return {
    all: readHistogram(page, 'pulsekeeper_event_loop_lag_seconds'),
    own: readHistogram(page, 'pulsekeeper_event_loop_own_lag_seconds'),
  };
}

/** The values of a collector's metrics by series, such as `pulsekeeper_slots_total{result="missed"}`. */
export async function readMetrics(collector: CollectorProcess): Promise<ReadonlyMap<string, number>> {
  const text = await readMetricsPage(collector);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

async function readMetricsPage(collector: CollectorProcess): Promise<string> {
  return (await fetch(`${collector.statusUrl}/metrics`)).text();
}
