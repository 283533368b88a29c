import type { CollectorRecord } from '@pulsekeeper/registry';

import { formatInstant } from '../output/format-age.ts';
import { isAlive, type Heartbeat, type HeartbeatSlots } from './heartbeat.ts';

/**
 * Where a collector stands.
 *
 * - `active`, `draining`: as its znode says.
 * - `joining`: registered; its first slot is still to come.
 * - `unregistered`: it has no znode, and its heartbeat in Redis is fresh: it is cut off from ZooKeeper, or just leaving.
 */
export type CollectorStanding = 'active' | 'draining' | 'joining' | 'unregistered';

/** One collector as `collectors --json` and `status --json` show it. `null` stands for what is not known. */
export interface CollectorEntry {
  readonly collector: string;
  readonly state: CollectorStanding;
  readonly host: string | null;
  readonly statusUrl: string | null;
  readonly version: string | null;
  readonly capacity: number | null;
  /** RFC 3339; first slot time that it takes part in. */
  readonly activeFrom: string | null;
  /** RFC 3339; while draining, the slot time from which it owns nothing. */
  readonly drainAt: string | null;
  /** The ring that it works by. */
  readonly ring: string | null;
  /** Targets that the ring gives it now. */
  readonly targets: number | null;
  /** Its part of all targets, 0 to 1. */
  readonly share: number | null;
  /** RFC 3339; its last heartbeat in Redis. */
  readonly lastSeen: string | null;
  readonly samplesPerSecond: number | null;
  readonly lagSeconds: number | null;
  readonly clockSkewSeconds: number | null;
  readonly bufferedFrames: number | null;
  /** The state of its ZooKeeper session, in its own words. */
  readonly zookeeper: string | null;
  /** How its slots ended since it started. */
  readonly slots: HeartbeatSlots | null;
}

/** What the list is made of; either server may have been away. */
export interface CollectorListInput {
  readonly records: ReadonlyMap<string, CollectorRecord> | undefined;
  readonly heartbeats: readonly Heartbeat[] | undefined;
  /** How many targets the ring gives a collector. */
  readonly loadOf: (id: string) => number;
  readonly targetCount: number;
  readonly nowMs: number;
}

/** Puts together what ZooKeeper and Redis say of each collector; sorted by name. */
export function listCollectors({
  records,
  heartbeats,
  loadOf,
  targetCount,
  nowMs,
}: CollectorListInput): CollectorEntry[] {
  const beats = new Map((heartbeats ?? []).map((heartbeat) => [heartbeat.id, heartbeat]));
  // What remains of a collector that has left or died is forgotten by Redis a little later.
  const alive = [...beats.values()].filter((beat) => isAlive(beat, nowMs));
  const ids = [...new Set([...(records?.keys() ?? []), ...alive.map(({ id }) => id)])].sort();
  return ids.map((id) => {
    const record = records?.get(id);
    const beat = beats.get(id);
    const targets = records === undefined ? beat?.targets : record === undefined ? 0 : loadOf(id);
    return {
      collector: id,
      state: standingOf(record, records !== undefined, nowMs),
      host: record?.host ?? null,
      statusUrl: record?.statusUrl ?? beat?.statusUrl ?? null,
      version: record?.version ?? beat?.version ?? null,
      capacity: record?.capacity ?? null,
      activeFrom: record === undefined ? null : formatInstant(record.activeFromMs),
      drainAt: record?.drainAtMs === undefined ? null : formatInstant(record.drainAtMs),
      // The znode is as fresh as the names that the ring is computed from; a heartbeat may be two seconds old.
      ring: record?.ring ?? beat?.ring ?? null,
      targets: targets ?? null,
      share: targets === undefined || targetCount === 0 ? null : targets / targetCount,
      lastSeen: beat === undefined ? null : formatInstant(beat.publishedAtMs),
      samplesPerSecond: beat?.samplesPerSecond ?? null,
      lagSeconds: toSeconds(beat?.lagMs),
      clockSkewSeconds: toSeconds(beat?.clockSkewMs),
      bufferedFrames: beat?.bufferedFrames ?? null,
      zookeeper: beat?.zookeeper ?? null,
      slots: beat?.slots ?? null,
    };
  });
}

function standingOf(record: CollectorRecord | undefined, isRegistryKnown: boolean, nowMs: number): CollectorStanding {
  if (record === undefined) {
    return isRegistryKnown ? 'unregistered' : 'active';
  }
  if (record.state === 'draining') {
    return 'draining';
  }
  return record.activeFromMs > nowMs ? 'joining' : 'active';
}

function toSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}
