import type { Registry } from 'prom-client';

import type { TargetState } from '../engine/target-state.ts';
import type { CollectorReport } from '../status/collector-report.ts';
import { json, plain, type Route } from './status-server.ts';
import { targetSlotsText } from './target-slots-text.ts';

/** What the pages show. */
export interface RouteSources {
  readonly registry: Registry;
  /** Why the collector is not ready; undefined when it is. */
  readonly unreadyReason: () => string | undefined;
  readonly targets: () => readonly TargetState[];
  readonly report: () => CollectorReport;
}

/**
 * The pages of a collector.
 *
 * | path | what |
 * | --- | --- |
 * | `/metrics` | its metrics, Prometheus text |
 * | `/metrics/targets` | the slots of each target, Prometheus text |
 * | `/-/healthy` | 200 as long as the process answers |
 * | `/-/ready` | 200 once it has read the cluster and the store has answered; 503 with the reason before |
 * | `/targets` | JSON: each target that it has a part in |
 * | `/status` | JSON: what it publishes as its heartbeat |
 */
export function collectorRoutes(sources: RouteSources): ReadonlyMap<string, Route> {
  const { registry } = sources;
  return new Map<string, Route>([
    ['/metrics', async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() })],
    [
      '/metrics/targets',
      () => ({ status: 200, contentType: registry.contentType, body: targetSlotsText(sources.targets()) }),
    ],
    ['/-/healthy', () => plain(200, 'healthy')],
    [
      '/-/ready',
      () => {
        const reason = sources.unreadyReason();
        return reason === undefined ? plain(200, 'ready') : plain(503, `not ready: ${reason}`);
      },
    ],
    ['/targets', () => json({ targets: sources.targets() })],
    ['/status', () => json(sources.report())],
  ]);
}
