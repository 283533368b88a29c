import { effectiveTarget, targetId, type TargetId } from '@pulsekeeper/model';
import { readCluster, ZkError, ZNODES, type ClusterSnapshot } from '@pulsekeeper/registry';
import { openStore, type LastReport, type Store } from '@pulsekeeper/store';
import { ZkSession } from '@pulsekeeper/zk-session';

import { ClusterError } from './cluster-error.ts';
import type { ClusterFigures } from './cluster-figures.ts';
import { collectorFigures } from './collector-figures.ts';
import type { JudgedTarget } from './slot-summary.ts';

/** Milliseconds until a server that does not answer counts as not reachable. */
const REACH_LIMIT_MS = 5_000;

/** Looks at the cluster from outside, through the packages that the CLI uses: ZooKeeper and Redis, no collector asked. */
export class ClusterObserver {
  readonly #session: ZkSession;
  readonly #store: Store;

  private constructor(session: ZkSession, store: Store) {
    this.#session = session;
    this.#store = store;
  }

  /** Connects to both servers. @throws ClusterError with exit code 3 when one cannot be reached */
  static async connect(addresses: { zookeeper: string; redis: string }): Promise<ClusterObserver> {
    const session = new ZkSession({ connectString: addresses.zookeeper, connectTimeoutMs: REACH_LIMIT_MS });
    const store = openStore({ url: addresses.redis });
    try {
      await reach('ZooKeeper', addresses.zookeeper, session.start());
      await reach('Redis', addresses.redis, store.start({ signal: AbortSignal.timeout(REACH_LIMIT_MS) }));
    } catch (error) {
      await Promise.allSettled([session.stop(), store.stop()]);
      throw error;
    }
    return new ClusterObserver(session, store);
  }

  /** For reading back what was stored. */
  get store(): Store {
    return this.#store;
  }

  /**
   * Removes the registrations that a run which was killed left standing until their sessions are over. Only for a
   * ZooKeeper that nobody but us uses, before anything is started.
   */
  async forgetLeftOvers(): Promise<void> {
    const { services, collectors } = await readCluster(this.#session);
    const paths = [
      ...[...services].flatMap(([service, { instances }]) =>
        [...instances.keys()].map((instance) => ZNODES.instancePath(service, instance)),
      ),
      ...[...collectors.keys()].map((collector) => ZNODES.collectorPath(collector)),
    ];
    for (const path of paths) {
      await this.#session.remove(path).catch((error: unknown) => {
        if (!(error instanceof ZkError && error.code === 'NoNode')) throw error;
      });
    }
  }

  /** The figures of this moment, and the targets that they are about. */
  async figures(): Promise<{ figures: ClusterFigures; targets: readonly JudgedTarget[] }> {
    const snapshot = await readCluster(this.#session);
    const targets = targetsOf(snapshot);
    const [statuses, reports] = await Promise.all([
      this.#store.readCollectorStatuses(),
      this.#store.reader.lastReports(targets.map(({ id }) => id)),
    ]);
    const live = targets.flatMap(({ id }) => reports.get(id) ?? []);
    const figures = {
      collectors: collectorFigures(snapshot, statuses),
      services: snapshot.services.size,
      targets: targets.length,
      targetsUp: live.filter(({ report }) => report.up).length,
      errors: [
        ...snapshot.problems.map(({ path, reason }) => `${path}: ${reason}`),
        ...targets.flatMap(({ id }) => failureLine(id, reports.get(id)) ?? []),
      ],
    };
    return { figures, targets };
  }

  /** Closes both connections. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#session.stop(), this.#store.stop()]);
  }
}

function targetsOf(snapshot: ClusterSnapshot): JudgedTarget[] {
  const defaults = snapshot.defaults.parsed.ok ? snapshot.defaults.parsed.value : { rule: {}, bounds: {} };
  const targets: JudgedTarget[] = [];
  for (const [service, { rule, instances }] of snapshot.services) {
    for (const [name, { parsed }] of instances) {
      if (!parsed.ok) continue;
      const id = targetId(service, name);
      const layers = { id, defaults, service: rule.parsed.ok ? rule.parsed.value : {}, instance: parsed.value };
      const target = effectiveTarget(layers);
      if (target.ok) targets.push({ id, intervalMs: target.value.rule.intervalMs });
    }
  }
  return targets;
}

function failureLine(id: TargetId, last: LastReport | undefined): string | undefined {
  if (last?.report.failure === undefined) return undefined;
  const time = new Date(last.slotMs).toTimeString().slice(0, 8);
  return `${time} ${id}: ${last.report.failure.reason}: ${last.report.failure.message}`;
}

async function reach(what: string, address: string, connecting: Promise<void>): Promise<void> {
  try {
    await connecting;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const shown = address.replace(/\/\/[^@/]*@/, '//***@');
    throw new ClusterError(`cannot reach ${what} at ${shown}: ${said}`, 3, { cause });
  }
}
