import { setTimeout as delay } from 'node:timers/promises';

import type { Assignment } from '@pulsekeeper/hash-ring';
import type { TargetId } from '@pulsekeeper/model';
import type { LastReport, ServerInspection, Store } from '@pulsekeeper/store';

import type { CommandContext } from '../command.ts';
import { listCollectors, type CollectorEntry } from '../views/collector-list.ts';
import { readHeartbeat, type Heartbeat } from '../views/heartbeat.ts';
import { compareRings, type RingAgreement } from '../views/ring-agreement.ts';
import { listTargets, type TargetEntry } from '../views/target-list.ts';
import { askBoth, readPicture, type BothAnswers } from './ask-both.ts';
import { askInTurns } from './ask-in-turns.ts';
import { assignmentAt } from './ownership.ts';

/** A little more than collectors take to publish a new ring. */
const RING_SETTLES_MS = 1200;

/** What the store says of a whole cluster. */
export interface StoreAnswer {
  readonly reports: ReadonlyMap<TargetId, LastReport>;
  readonly heartbeats: readonly Heartbeat[];
  readonly servers: readonly ServerInspection[];
}

/** One look at a whole cluster, as far as its servers answered. */
export interface ClusterLook {
  readonly answers: BothAnswers<StoreAnswer>;
  /** Absent while ZooKeeper is away. */
  readonly assignment: Assignment | undefined;
  /** Those whose registration was read; empty while ZooKeeper is away. */
  readonly targets: readonly TargetEntry[];
  readonly collectors: readonly CollectorEntry[];
  readonly ring: RingAgreement;
  readonly nowMs: number;
}

/** How much is read of the registrations: all, or only of targets of which the store does not say that they are up. */
export type LookDepth = 'all' | 'doubtful';

/** Reads everything that the overviews show, with few round trips, and puts it together. */
export async function lookAtCluster(context: CommandContext, depth: LookDepth): Promise<ClusterLook> {
  const answers =
    depth === 'all'
      ? await askBoth(context, (store, picture) => askStore(store, picture?.ids ?? [], context.signal))
      : await askInTurns({
          readPicture: (select) => readPicture(context, select),
          askStore: async (ids) => {
            const { withStore } = await import('./redis.ts');
            return withStore(context.settings, context.signal, async (store) =>
              askStore(store, await ids(), context.signal),
            );
          },
          now: context.now,
        });
  return putTogether(context, answers);
}

/**
 * Looks at the cluster, and once more when the collectors do not agree on the ring: they publish theirs up to a second
 * after a target or a collector came or went, and a judgement should not depend on such a moment.
 */
export async function lookAtSettledCluster(context: CommandContext): Promise<ClusterLook> {
  const look = await lookAtCluster(context, 'doubtful');
  if (look.ring.agreed !== false || !look.answers.registry.ok) {
    return look;
  }
  await delay(RING_SETTLES_MS, undefined, { signal: context.signal });
  return lookAtCluster(context, 'doubtful');
}

/** Asks an open store for what the overviews show. */
export async function askStore(store: Store, ids: readonly TargetId[], signal: AbortSignal): Promise<StoreAnswer> {
  const options = { signal };
  const [reports, statuses, servers] = await Promise.all([
    store.reader.lastReports(ids, options),
    store.readCollectorStatuses(options),
    inspect(store, signal),
  ]);
  return { reports, heartbeats: statuses.map(readHeartbeat), servers };
}

/** Puts the answers of both servers together. Pure but for the clock of the context. */
export function putTogether(context: CommandContext, answers: BothAnswers<StoreAnswer>): ClusterLook {
  const nowMs = context.now();
  const picture = answers.registry.ok ? answers.registry.value : undefined;
  const store = answers.store.ok ? answers.store.value : undefined;
  const assignment = picture === undefined ? undefined : assignmentAt(picture, nowMs, context.settings);
  const targets = listTargets({
    targets: picture?.targets ?? [],
    ownersOf: (id) => assignment?.ownersOf(id) ?? [],
    reports: store === undefined ? { ok: false } : { ok: true, value: store.reports },
    heartbeats: store?.heartbeats,
    nowMs,
  });
  const collectors = listCollectors({
    records: picture?.collectors,
    heartbeats: store?.heartbeats,
    loadOf: (id) => assignment?.loadOf(id, 0) ?? 0,
    targetCount: picture?.ids.length ?? 0,
    nowMs,
  });
  const published = new Map(
    collectors.filter(({ state }) => state === 'active').map(({ collector, ring }) => [collector, ring ?? undefined]),
  );
  return { answers, assignment, targets, collectors, ring: compareRings(assignment?.version, published), nowMs };
}

/** What the servers promise is a courtesy of theirs: an ACL may forbid to ask, and everything else still works. */
async function inspect(store: Store, signal: AbortSignal): Promise<readonly ServerInspection[]> {
  try {
    return await store.inspectServer({ signal });
  } catch {
    return [];
  }
}
