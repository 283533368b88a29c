import { randomBytes } from 'node:crypto';

import { serializeInstance, targetId, type InstanceInput, type TargetId } from '@pulsekeeper/model';
import { createRegistrantKey, registerInstance, type Registration } from '@pulsekeeper/registry';
import { openStore, type SlotRecord, type Store } from '@pulsekeeper/store';
import {
  startLedgerTargets,
  startRedis,
  startZooKeeper,
  type LedgerTargets,
  type LedgerTargetsOptions,
  type RedisServer,
  type ZooKeeperServer,
} from '@pulsekeeper/test-support';
import { ZkSession } from '@pulsekeeper/zk-session';

import { Collector, type CollectorOptions } from '../../src/index.ts';

/** Real servers and targets, shared by the tests of a suite. */
export interface Servers {
  readonly zookeeper: ZooKeeperServer;
  readonly redis: RedisServer;
  readonly ledger: LedgerTargets;
}

/** Starts one ZooKeeper, one Redis, and targets that write down each request. */
export async function startServers(
  targets: number,
  options: Omit<LedgerTargetsOptions, 'count'> = {},
): Promise<Servers> {
  const [zookeeper, redis, ledger] = await Promise.all([
    startZooKeeper(),
    startRedis({ appendonly: true }),
    startLedgerTargets({ count: targets, series: 10, ...options }),
  ]);
  return { zookeeper, redis, ledger };
}

/** A cluster of its own on shared servers: a chroot and a key prefix that no other test has. */
export class SmallCluster {
  readonly servers: Servers;
  readonly session: ZkSession;
  readonly store: Store;
  readonly connectString: string;
  readonly keyPrefix: string;
  readonly #collectors: Collector[] = [];

  private constructor(servers: Servers) {
    const name = `test-${randomBytes(4).toString('hex')}`;
    this.servers = servers;
    this.keyPrefix = name;
    this.connectString = `${servers.zookeeper.connectString}/${name}`;
    this.session = new ZkSession({ connectString: this.connectString });
    this.store = openStore({ url: servers.redis.url, keyPrefix: name });
  }

  static async start(servers: Servers): Promise<SmallCluster> {
    const cluster = new SmallCluster(servers);
    await Promise.all([cluster.session.start(), cluster.store.start()]);
    await cluster.session.ensurePath('/services');
    return cluster;
  }

  /** Registers a ledger target as `app/<index>`. */
  async registerLedger(index: number, rule: Partial<InstanceInput> = {}): Promise<Registration> {
    const { address, path } = this.servers.ledger.targets[index] ?? { address: '', path: '' };
    return this.register('app', String(index), { address, path, interval: '500ms', timeout: '400ms', ...rule });
  }

  async register(service: string, instance: string, input: InstanceInput): Promise<Registration> {
    const instanceKey = createRegistrantKey();
    const data = serializeInstance({ ...input, instanceKey });
    const registration = registerInstance(this.session, { service, instance, data, instanceKey });
    await registration.start();
    return registration;
  }

  /** Settings of a collector of this cluster; quick, and not a target itself. */
  optionsOf(id: string, options: Partial<CollectorOptions> = {}): CollectorOptions {
    return {
      id,
      zookeeper: this.connectString,
      redis: this.servers.redis.url,
      keyPrefix: this.keyPrefix,
      sessionTimeoutMs: 2_000,
      handoverMs: 600,
      drainTimeoutMs: 10_000,
      registersItself: false,
      ...options,
    };
  }

  async startCollector(id: string, options: Partial<CollectorOptions> = {}): Promise<Collector> {
    const collector = new Collector(this.optionsOf(id, options));
    this.#collectors.push(collector);
    await collector.start();
    return collector;
  }

  /** The headers of all stored frames of a target. */
  async slots(target: TargetId): Promise<SlotRecord[]> {
    const slots: SlotRecord[] = [];
    for await (const slot of this.store.reader.slots(target, 0, Date.now() + 60_000)) slots.push(slot);
    return slots;
  }

  /** The paths below the cluster's chroot that anybody watches. */
  async watchedPaths(): Promise<string[]> {
    const chroot = this.connectString.slice(this.connectString.indexOf('/'));
    const lines = (await this.servers.zookeeper.fourLetter('wchp')).split('\n');
    return lines.filter((line) => line.startsWith(`${chroot}/`)).map((line) => line.slice(chroot.length));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#collectors.map((collector) => collector.stop()));
    await Promise.all([this.store.stop(), this.session.stop()]);
  }
}

/** Identity of a ledger target. */
export function ledgerId(index: number): TargetId {
  return targetId('app', String(index));
}
