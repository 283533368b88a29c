import { parseDuration, splitTargetId, type ForeignKind, type ForeignSource } from '@pulsekeeper/model';

import { countHealth, type TargetEntry, type TargetHealth } from './target-list.ts';

/** One service as `services --json` shows it. */
export interface ServiceEntry extends Readonly<Record<TargetHealth, number>> {
  readonly service: string;
  readonly targets: number;
  /** The intervals of its targets, shortest first, as Prometheus durations. */
  readonly intervals: readonly string[];
  /** Samples of the latest scrapes of its targets together. */
  readonly samples: number;
  /** The foreign tree that its instances come from; `null` when they are registered by us. */
  readonly source: { readonly kind: ForeignKind; readonly path: string; readonly endpoint: string | null } | null;
}

/** Sums the targets up by service, services without instances included; sorted by name. `O(targets)`. */
export function listServices(
  services: readonly string[],
  entries: readonly TargetEntry[],
  sources: ReadonlyMap<string, ForeignSource>,
): ServiceEntry[] {
  const members = new Map<string, { entries: TargetEntry[]; intervals: Set<string> }>();
  for (const service of services) {
    members.set(service, { entries: [], intervals: new Set() });
  }
  for (const entry of entries) {
    const member = members.get(splitTargetId(entry.target).service);
    member?.entries.push(entry);
    if (entry.interval !== null) {
      member?.intervals.add(entry.interval);
    }
  }
  return [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([service, member]) => ({
      service,
      targets: member.entries.length,
      ...countHealth(member.entries),
      intervals: [...member.intervals].sort((a, b) => parseDuration(a) - parseDuration(b)),
      samples: member.entries.reduce((sum, { samples }) => sum + (samples ?? 0), 0),
      source: showSource(sources.get(service)),
    }));
}

function showSource(source: ForeignSource | undefined): ServiceEntry['source'] {
  return source === undefined ? null : { kind: source.kind, path: source.path, endpoint: source.endpoint ?? null };
}
