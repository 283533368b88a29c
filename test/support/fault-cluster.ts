import { setTimeout as sleep } from 'node:timers/promises';

import { phaseMs, targetId, type TargetId } from '@pulsekeeper/model';
import {
  createRegistrantKey,
  registerInstance,
  serializeInstance,
  ZkSession,
  type Registration,
} from '@pulsekeeper/registry';
import { openStore, type Store } from '@pulsekeeper/store';
import {
  eventually,
  startEnsemble,
  startLedgerTargets,
  startRedis,
  TcpProxy,
  type LedgerTargets,
  type RedisServer,
  type ZooKeeperEnsemble,
} from '@pulsekeeper/test-support';

import { readStatus } from './collector-pages.ts';
import { CollectorProcess } from './collector-process.ts';
import { auditSlots, describeAudit, sumAudits, type SlotAudit } from './slot-audit.ts';

/** The size of a {@link FaultCluster}. */
export interface FaultClusterOptions {
  readonly collectors: number;
  readonly targets: number;
  /** How many more targets may be registered later. @defaultValue 0 */
  readonly spareTargets?: number | undefined;
  readonly intervalMs: number;
  readonly sessionTimeoutMs: number;
  /** Settings of every collector beside these. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const CHROOT = '/pulsekeeper';
const SERVICE = 'ledger';
/** Ephemerals of one session: more sessions make the registrations of a large test quicker. */
const INSTANCES_PER_SESSION = 250;

/**
 * A whole cluster of real parts: three ZooKeeper servers, Redis with an append-only file, collectors in processes of
 * their own, and targets that write down every request. Collector `c1` reaches ZooKeeper through proxies.
 */
export class FaultCluster {
  readonly ensemble: ZooKeeperEnsemble;
  readonly redis: RedisServer;
  readonly store: Store;
  readonly ledger: LedgerTargets;
  readonly intervalMs: number;
  readonly collectors = new Map<string, CollectorProcess>();
  readonly #options: FaultClusterOptions;
  readonly #proxies: TcpProxy[];
  readonly #sessions: ZkSession[] = [];
  readonly #registrations = new Map<number, Registration>();
  readonly #registeredAtMs = new Map<number, number>();

  private constructor(
    options: FaultClusterOptions,
    parts: {
      ensemble: ZooKeeperEnsemble;
      redis: RedisServer;
      store: Store;
      ledger: LedgerTargets;
      proxies: TcpProxy[];
    },
  ) {
    this.#options = options;
    this.intervalMs = options.intervalMs;
    this.ensemble = parts.ensemble;
    this.redis = parts.redis;
    this.store = parts.store;
    this.ledger = parts.ledger;
    this.#proxies = parts.proxies;
  }

  /** Starts everything, registers the targets, and waits until each has been scraped. */
  static async start(options: FaultClusterOptions): Promise<FaultCluster> {
    const [ensemble, redis, ledger] = await Promise.all([
      startEnsemble(3),
      startRedis({ appendonly: true }),
      startLedgerTargets({ count: options.targets + (options.spareTargets ?? 0), hasOwnAddresses: false }),
    ]);
    const proxies = await Promise.all(ensemble.servers.map(({ port }) => TcpProxy.start({ target: { port } })));
    const store = openStore({ url: redis.url });
    await store.start();
    const cluster = new FaultCluster(options, { ensemble, redis, store, ledger, proxies });
    await cluster.register(Array.from({ length: options.targets }, (_, index) => index));
    await Promise.all(Array.from({ length: options.collectors }, (_, index) => cluster.addCollector(`c${index + 1}`)));
    // Two intervals: everybody has joined, and every target has had a whole slot under the final members.
    await sleep(2_000 + 2 * options.intervalMs);
    return cluster;
  }

  /** The collector of that id. */
  collector(id: string): CollectorProcess {
    const found = this.collectors.get(id);
    if (found === undefined) throw new TypeError(`there is no collector ${id}`);
    return found;
  }

  /** Starts one more collector and waits until it is ready. */
  async addCollector(id: string): Promise<CollectorProcess> {
    const servers = id === 'c1' ? this.#proxies.map(({ address }) => address).join(',') : this.ensemble.connectString;
    const collector = await CollectorProcess.start({
      id,
      zookeeper: `${servers}${CHROOT}`,
      redis: this.redis.url,
      env: { PULSEKEEPER_SESSION_TIMEOUT: `${this.#options.sessionTimeoutMs}ms`, ...this.#options.env },
    });
    this.collectors.set(id, collector);
    return collector;
  }

  /**
   * Waits until a collector that had been away takes part again: it is sure of its targets, and all work by one ring of which
   * everybody is a member.
   *
   * @param awayFromMs - Its `activeFromMs` while it was away, of a collector that has to join anew.
   * @returns How long that took; `agreedMs`: until all went by one assignment with it, which may begin at a boundary to come.
   */
  async rejoined(
    collector: CollectorProcess,
    awayFromMs?: number,
  ): Promise<{ readonly agreedMs: number; readonly partMs: number }> {
    const sinceMs = performance.now();
    let agreedMs: number | undefined;
    await eventually(
      async () => {
        const own = await readStatus(collector);
        const pages = await Promise.all([...this.collectors.values()].map(readStatus));
        if (own.activeFromMs === awayFromMs || own.isDemoted || pages.some(({ ring }) => ring !== own.ring))
          return false;
        agreedMs ??= Math.round(performance.now() - sinceMs);
        return pages.every(({ members }) => members === this.collectors.size);
      },
      { timeoutMs: 20_000 },
    );
    const partMs = Math.round(performance.now() - sinceMs);
    return { agreedMs: agreedMs ?? partMs, partMs };
  }

  /** Cuts collector `c1` off from ZooKeeper, as a network does that drops everything. */
  partitionFirst(): void {
    for (const proxy of this.#proxies) proxy.stall('both');
  }

  /** Undoes {@link FaultCluster.partitionFirst}: the held connections are dead, new ones are served. */
  async healFirst(): Promise<void> {
    for (const proxy of this.#proxies) {
      await proxy.resume();
      proxy.reset();
    }
  }

  /** Registers the ledger's targets of these indices. */
  async register(indices: readonly number[]): Promise<void> {
    await Promise.all(
      indices.map(async (index) => {
        const session = await this.#sessionFor(index);
        const target = this.ledger.targets[index];
        if (target === undefined) throw new RangeError(`there is no ledger target ${index}`);
        const instanceKey = createRegistrantKey();
        const registration = registerInstance(session, {
          service: SERVICE,
          instance: instanceName(index),
          instanceKey,
          data: serializeInstance({
            address: target.address,
            path: target.path,
            interval: `${this.intervalMs}ms`,
            instanceKey,
          }),
        });
        this.#registrations.set(index, registration);
        await registration.start();
        this.#registeredAtMs.set(index, Date.now());
      }),
    );
  }

  /** Withdraws the registrations of these indices. */
  async withdraw(indices: readonly number[]): Promise<void> {
    await Promise.all(indices.map(async (index) => this.#registrations.get(index)?.close()));
    for (const index of indices) this.#registrations.delete(index);
  }

  /** Indices that are registered now. */
  get registered(): number[] {
    return [...this.#registrations.keys()];
  }

  /**
   * Runs `fault`, waits until `tailIntervals` more intervals are complete, and audits every slot of the targets that
   * were registered all the time: from an interval before the fault, so that what was in flight then counts, to the end of
   * the tail. Targets that were registered during the fault and stayed are audited from an interval after that.
   */
  async audit(
    name: string,
    fault: () => Promise<void>,
    options: { tailIntervals?: number | undefined } = {},
  ): Promise<SlotAudit> {
    const before = new Set(this.registered);
    const fromMs = Date.now() - this.intervalMs;
    await fault();
    const toMs = Date.now() + (options.tailIntervals ?? 2) * this.intervalMs;
    await sleep(toMs + this.intervalMs + 500 - Date.now());
    const joinedFromMs = (index: number): number => (this.#registeredAtMs.get(index) ?? toMs) + this.intervalMs;
    const audit = await this.auditRange(
      this.registered,
      (index) => (before.has(index) ? fromMs : joinedFromMs(index)),
      toMs,
    );
    console.log(`      ${describeAudit(name, audit)}`);
    return audit;
  }

  /** Audits the slots `fromMs ≤ s < toMs` of some targets. */
  async auditRange(
    indices: readonly number[],
    fromMs: number | ((index: number) => number),
    toMs: number,
  ): Promise<SlotAudit> {
    const pages = await this.ledger.ledger();
    const audits: SlotAudit[] = [];
    for (const index of indices) {
      const id = idOf(index);
      const sinceMs = typeof fromMs === 'number' ? fromMs : fromMs(index);
      const stored = [];
      for await (const slot of this.store.reader.slots(id, sinceMs, toMs)) if (slot.kind !== 'end') stored.push(slot);
      audits.push(
        auditSlots({
          target: id,
          intervalMs: this.intervalMs,
          phaseMs: phaseMs(id, this.intervalMs),
          fromMs: sinceMs,
          toMs,
          stored,
          requestsMs: pages[index]?.entries.map(({ ms }) => ms) ?? [],
        }),
      );
    }
    return sumAudits(audits);
  }

  /** The index of a ledger target by its id. */
  indexOf(id: string): number {
    return Number(id.slice(`${SERVICE}/t`.length));
  }

  /** Ends everything that the cleanup of the servers does not end. */
  async stop(): Promise<void> {
    await Promise.all([...this.collectors.values()].filter(({ isRunning }) => isRunning).map((each) => each.kill()));
    await Promise.all(this.#sessions.map((session) => session.stop()));
    await this.store.stop();
    await Promise.all([this.ledger.stop(), this.redis.stop(), this.ensemble.stop()]);
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
  }

  async #sessionFor(index: number): Promise<ZkSession> {
    const slot = Math.floor(index / INSTANCES_PER_SESSION);
    const existing = this.#sessions[slot];
    if (existing !== undefined) return existing;
    const session = new ZkSession({
      connectString: `${this.ensemble.connectString}${CHROOT}`,
      // Long: the registrations are not what these tests try.
      sessionTimeoutMs: 10_000,
      // Many at once, in the midst of whatever the test does to the machine.
      connectTimeoutMs: 60_000,
    });
    this.#sessions[slot] = session;
    await session.start();
    return session;
  }
}

function instanceName(index: number): string {
  return `t${index}`;
}

function idOf(index: number): TargetId {
  return targetId(SERVICE, instanceName(index));
}
