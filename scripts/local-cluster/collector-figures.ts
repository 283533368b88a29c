import type { ClusterSnapshot } from '@pulsekeeper/registry';
import type { CollectorStatus } from '@pulsekeeper/store';

import type { CollectorFigures } from './cluster-figures.ts';

/** One row a collector: those that ZooKeeper names, with the counts of their heartbeats in Redis. */
export function collectorFigures(snapshot: ClusterSnapshot, statuses: readonly CollectorStatus[]): CollectorFigures[] {
  const heartbeats = new Map(statuses.map((status) => [status.id, status]));
  return [...snapshot.collectors].map(([id, { parsed }]) => {
    const heartbeat = heartbeats.get(id);
    const number = (...path: string[]): number => numberAt(heartbeat, path);
    return {
      id,
      state: parsed.ok ? parsed.value.state : 'rejected',
      targets: number('targets'),
      expected: number('slots', 'expected'),
      written: number('slots', 'written'),
      failed: number('slots', 'failed'),
      missed: number('slots', 'missed'),
      samplesPerSecond: number('samplesPerSecond'),
    };
  });
}

/** The heartbeat is JSON of another process, perhaps of another version: what is no number counts as 0. */
function numberAt(value: unknown, path: readonly string[]): number {
  let found = value;
  for (const name of path) {
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined;
  }
  return typeof found === 'number' ? found : 0;
}
