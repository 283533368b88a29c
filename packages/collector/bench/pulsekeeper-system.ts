import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { serializeInstance, type InstanceInput } from '@pulsekeeper/model';
import { createRegistrantKey, registerInstance, writeRule } from '@pulsekeeper/registry';
import {
  freePort,
  readHistogram,
  ServerProcess,
  startRedis,
  startZooKeeper,
  type MetricHistogram,
  type RedisServer,
  type ZooKeeperServer,
} from '@pulsekeeper/test-support';
import { ZkSession } from '@pulsekeeper/zk-session';

import { parseMetrics } from './metrics-page.ts';
import type { ScrapeCounts, ScrapeSystem } from './scrape-system.ts';

/** How to run it. */
export interface PulsekeeperSystemOptions {
  readonly name: string;
  /** A checkout with a build; this one, or another to compare with. */
  readonly repository: string;
  /** Scrape interval of all targets. @defaultValue 1_000 */
  readonly intervalMs?: number | undefined;
  /** Put before the command of the collector, such as `['taskset', '-c', '0']`. */
  readonly launcher?: readonly string[] | undefined;
  /** Arguments of Node for the collector, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[] | undefined;
  /** What the targets' registrations say besides address, interval and timeout. */
  readonly rule?: Partial<InstanceInput> | undefined;
  /** The cluster's defaults, such as wider bounds. */
  readonly defaults?: object | undefined;
  /** Further environment of the collector. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Longer than any pause between two turns: a collector that is frozen meanwhile keeps its session, and does not count as
 * one that stood still.
 */
const SESSION_TIMEOUT_SECONDS = 600;

/** Registrations under way at once. */
const BATCH = 250;

/** The collector of a checkout with a Redis, append-only file on, and a ZooKeeper of its own. */
export class PulsekeeperSystem implements ScrapeSystem {
  readonly name: string;
  readonly processes: ReadonlyMap<string, number>;
  readonly redis: RedisServer;
  readonly #zookeeper: ZooKeeperServer;
  readonly #session: ZkSession;
  readonly #collector: ServerProcess;
  readonly #statusUrl: string;
  readonly #rule: Partial<InstanceInput>;
  #registered = 0;
  /** As it was when last asked for. */
  #lag: MetricHistogram | undefined;

  private constructor(
    options: PulsekeeperSystemOptions,
    parts: { redis: RedisServer; zookeeper: ZooKeeperServer; session: ZkSession },
    collector: ServerProcess,
    statusUrl: string,
  ) {
    this.name = options.name;
    this.redis = parts.redis;
    this.#zookeeper = parts.zookeeper;
    this.#session = parts.session;
    this.#collector = collector;
    this.#statusUrl = statusUrl;
    const interval = `${options.intervalMs ?? 1_000}ms`;
    this.#rule = { interval, timeout: interval, ...options.rule };
    this.processes = new Map([
      ['collector', collector.pid],
      ['redis', parts.redis.pid],
    ]);
  }

  static async start(options: PulsekeeperSystemOptions): Promise<PulsekeeperSystem> {
    const program = join(options.repository, 'packages/collector/bin/pulsekeeper-collector.js');
    if (!existsSync(program)) throw new Error(`there is no collector in ${options.repository}: ${program} is missing`);
    const [zookeeper, redis, port] = await Promise.all([
      startZooKeeper({ config: { maxSessionTimeout: SESSION_TIMEOUT_SECONDS * 1000 } }),
      startRedis({ appendonly: true }),
      freePort(),
    ]);
    const connectString = `${zookeeper.connectString}/bench`;
    const session = new ZkSession({ connectString });
    await session.start();
    await session.ensurePath('/services');
    if (options.defaults !== undefined) {
      const data = Buffer.from(JSON.stringify(options.defaults));
      await writeRule(session, { kind: 'defaults' }, data, { expectedVersion: 'any' });
    }
    const statusUrl = `http://127.0.0.1:${port}`;
    const command = [...(options.launcher ?? []), process.execPath, ...(options.nodeArgs ?? []), program];
    const collector = await ServerProcess.start({
      name: options.name,
      command: command[0] ?? process.execPath,
      args: command.slice(1),
      env: {
        ...process.env,
        PULSEKEEPER_COLLECTOR_ID: 'bench',
        PULSEKEEPER_ZOOKEEPER: connectString,
        PULSEKEEPER_REDIS: redis.url,
        PULSEKEEPER_LISTEN: `127.0.0.1:${port}`,
        PULSEKEEPER_SESSION_TIMEOUT: `${SESSION_TIMEOUT_SECONDS}s`,
        PULSEKEEPER_HANDOVER: '2s',
        PULSEKEEPER_SELF_REGISTRATION: 'false',
        PULSEKEEPER_LOG_LEVEL: 'warn',
        ...options.env,
      },
      isReady: async () => (await fetch(`${statusUrl}/-/ready`)).status === 200,
    });
    return new PulsekeeperSystem(options, { redis, zookeeper, session }, collector, statusUrl);
  }

  /** Targets are only ever added: those that are registered stay. */
  async setTargets(addresses: readonly string[]): Promise<void> {
    for (; this.#registered < addresses.length; this.#registered += BATCH) {
      const batch = addresses.slice(this.#registered, this.#registered + BATCH);
      await Promise.all(batch.map((address, at) => this.#register(address, this.#registered + at)));
    }
    this.#registered = addresses.length;
  }

  async #register(address: string, index: number): Promise<void> {
    const instanceKey = createRegistrantKey();
    const data = serializeInstance({ address, ...this.#rule, instanceKey });
    const settings = { service: 'farm', instance: `i${index}`, data, instanceKey };
    await registerInstance(this.#session, settings).start();
  }

  async counts(): Promise<ScrapeCounts> {
    const text = await (await fetch(`${this.#statusUrl}/metrics`)).text();
    const page = parseMetrics(text);
    const lag = readHistogram(text, 'pulsekeeper_event_loop_lag_seconds');
    const newLag = this.#lag === undefined ? lag : lag.since(this.#lag);
    this.#lag = lag;
    const slots = (result: string): number => page.get(`pulsekeeper_slots_total{result="${result}"}`) ?? 0;
    return {
      samples: page.get('pulsekeeper_samples_total') ?? 0,
      lost: slots('missed') + slots('failed') + slots('dropped') + slots('doubled'),
      late: slots('late'),
      eventLoopMostMs: newLag.quantile(1) * 1000,
      eventLoopP99Ms: newLag.quantile(0.99) * 1000,
    };
  }

  /** The end of what the collector logged. */
  logTail(): string {
    return this.#collector.log.tail();
  }

  freeze(): void {
    this.#collector.freeze();
  }

  thaw(): void {
    this.#collector.thaw();
  }

  /** Ends all at once; nothing is kept. `SIGTERM` instead lets the collector write its profiles. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#collector.kill(signal);
    await this.#session.stop();
    await Promise.all([this.redis.stop(), this.#zookeeper.stop()]);
  }
}
