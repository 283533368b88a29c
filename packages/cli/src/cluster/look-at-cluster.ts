import { setTimeout as delay } from 'node:timers/promises';

import type { Assignment } from '@pulsekeeper/hash-ring';
import type { TargetId } from '@pulsekeeper/model';
import type { LastReport, ServerInspection, Store } from '@pulsekeeper/store';

import type { CommandContext } from '../command.ts';
import { listCollectors, type CollectorEntry } from '../views/collector-list.ts';
import { readHeartbeat, type Heartbeat } from '../views/heartbeat.ts';
import { compareRings, type RingAgreement } from '../views/ring-agreement.ts';
import { listTargets, type TargetEntry } from '../views/target-list.ts';
import type { BothAnswers } from './ask-both.ts';
import { askDoubtful } from './ask-doubtful.ts';
import { everyTarget } from './cluster-picture.ts';
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
  /** Sorted by identity; empty while ZooKeeper is away. */
  readonly targets: readonly TargetEntry[];
  readonly collectors: readonly CollectorEntry[];
  readonly ring: RingAgreement;
  readonly nowMs: number;
}

/** Which targets are listed: all, or only those of which the store does not simply say that they are up. */
export type ListedTargets = 'all' | 'doubtful';

/** Reads everything that the overviews show, with few round trips, and puts it together. */
export async function lookAtCluster(context: CommandContext, listed: ListedTargets): Promise<ClusterLook> {
  const answers = await askDoubtful(context, (store, ids) => askStore(store, ids, context.signal));
  return putTogether(context, answers, listed);
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
    store.reader.lastReports(ids, { signal, withCollector: false }),
    store.readCollectorStatuses(options),
    inspect(store, signal),
  ]);
  return { reports, heartbeats: statuses.map(readHeartbeat), servers };
}

/** Puts the answers of both servers together. Pure but for the clock of the context. */
export function putTogether(
  context: CommandContext,
  answers: BothAnswers<StoreAnswer>,
  listed: ListedTargets,
): ClusterLook {
  const nowMs = context.now();
  const picture = answers.registry.ok ? answers.registry.value : undefined;
  const store = answers.store.ok ? answers.store.value : undefined;
  const assignment = picture === undefined ? undefined : assignmentAt(picture, nowMs, context.settings);
  const read = picture?.targets ?? [];
  const targets = listTargets({
    targets: listed === 'all' && picture !== undefined ? everyTarget(picture) : read,
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
