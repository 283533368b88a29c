import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { register, type RegisteredService } from '@pulsekeeper/client';
import { findExecutable, freePort } from '@pulsekeeper/test-support';

import { ClusterProcess } from './cluster-process.ts';
import { DEMO_INSTANCES, type DemoInstance } from './demo-plan.ts';
import { useRedis, useZooKeeper, type UsedServer } from './own-servers.ts';

/** What `npm start` was asked for. */
export interface ClusterOptions {
  readonly ensemble: boolean;
  readonly collectors: number;
  /** End after this time and judge; run until a signal when absent. */
  readonly runForMs?: number | undefined;
}

/** Where things are. */
export interface ClusterFolders {
  /** The repository. */
  readonly root: string;
  /** What the cluster writes. */
  readonly folder: string;
}

/**
 * The processes of a local cluster. `start` brings them up in the order in which they need each other, `stop` takes them
 * down in the order that loses nothing: collectors first (they drain and flush), then what they scrape, then the servers.
 */
export class LocalCluster {
  readonly folder: string;
  readonly #root: string;
  readonly #options: ClusterOptions;
  #servers: UsedServer[] = [];
  #collectors: ClusterProcess[] = [];
  #services: ClusterProcess[] = [];
  #nodeExporter: RegisteredService | undefined;
  #addresses: { zookeeper: string; redis: string } | undefined;

  constructor(options: ClusterOptions, { root, folder }: ClusterFolders) {
    this.#options = options;
    this.#root = root;
    this.folder = folder;
  }

  /** Where ZooKeeper and Redis are; known once {@link LocalCluster.startServers} is done. */
  get addresses(): { readonly zookeeper: string; readonly redis: string } {
    if (this.#addresses === undefined) throw new TypeError('the servers have not been started');
    return this.#addresses;
  }

  /** Whether ZooKeeper is one that was started here. */
  get hasOwnZooKeeper(): boolean {
    return this.#servers[0]?.isOwn ?? false;
  }

  /** Brings up ZooKeeper and Redis, or takes the given ones, and leaves their addresses for the CLI. */
  async startServers(): Promise<void> {
    await mkdir(join(this.folder, 'logs'), { recursive: true });
    const results = await Promise.allSettled([
      useZooKeeper(this.folder, this.#options.ensemble),
      useRedis(this.folder),
    ]);
    this.#servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const [zookeeper, redis] = results;
    if (zookeeper.status === 'rejected') throw zookeeper.reason;
    if (redis.status === 'rejected') throw redis.reason;
    this.#addresses = { zookeeper: zookeeper.value.address, redis: redis.value.address };
    await writeFile(
      this.#envPath,
      `PULSEKEEPER_ZOOKEEPER=${zookeeper.value.address}\nPULSEKEEPER_REDIS=${redis.value.address}\n`,
      { mode: 0o600 },
    );
  }

  /** Starts the collectors and waits until each is ready. */
  async startCollectors(): Promise<void> {
    const ids = Array.from({ length: this.#options.collectors }, (_, index) => `collector-${index + 1}`);
    await startAll(ids, (id) => this.#startCollector(id), this.#collectors);
  }

  /** Starts the demo services and waits until each has registered; registers Debian's node exporter beside them. */
  async startServices(): Promise<void> {
    await startAll(DEMO_INSTANCES, (demo) => this.#startDemo(demo), this.#services);
    const exporter = findExecutable('prometheus-node-exporter');
    if (exporter !== undefined) await this.#startNodeExporter(exporter);
  }

  /** What has ended by itself, a line each. */
  problems(): string[] {
    return [...this.#collectors, ...this.#services].flatMap(({ problem }) => problem ?? []);
  }

  /** Lets the collectors drain, flush and leave. */
  async stopCollectors(): Promise<void> {
    await Promise.all(this.#collectors.map((collector) => collector.stop()));
    this.#collectors = [];
  }

  /** Ends all that still runs. May be called at any time, also after a failed start. */
  async stop(): Promise<void> {
    await this.stopCollectors();
    await this.#nodeExporter?.close();
    this.#nodeExporter = undefined;
    await Promise.all(this.#services.map((service) => service.stop()));
    this.#services = [];
    await Promise.all(this.#servers.map((server) => server.stop()));
    this.#servers = [];
    await rm(this.#envPath, { force: true });
  }

  get #envPath(): string {
    return join(this.folder, 'env');
  }

  get #environment(): NodeJS.ProcessEnv {
    const { zookeeper, redis } = this.addresses;
    return { ...process.env, PULSEKEEPER_ZOOKEEPER: zookeeper, PULSEKEEPER_REDIS: redis };
  }

  async #startCollector(id: string): Promise<ClusterProcess> {
    const listen = `127.0.0.1:${await freePort()}`;
    return ClusterProcess.start(
      {
        name: id,
        command: process.execPath,
        args: [join(this.#root, 'packages/collector/bin/pulsekeeper-collector.js')],
        env: { ...this.#environment, PULSEKEEPER_COLLECTOR_ID: id, PULSEKEEPER_LISTEN: listen },
        isReady: async () => (await fetch(`http://${listen}/-/ready`)).ok,
      },
      this.#logPath(id),
    );
  }

  async #startDemo({ service, instance }: DemoInstance): Promise<ClusterProcess> {
    return ClusterProcess.start(
      {
        name: instance,
        command: process.execPath,
        args: [join(this.#root, 'scripts/demo/demo-service.mjs'), service, instance],
        env: this.#environment,
        isReady: ({ output }) => output.includes('registered '),
      },
      this.#logPath(instance),
    );
  }

  /** A foreign exporter, to show that anything that speaks the format can be a target. */
  async #startNodeExporter(command: string): Promise<void> {
    const address = `127.0.0.1:${await freePort()}`;
    const exporter = await ClusterProcess.start(
      {
        name: 'node-exporter',
        command,
        args: [`--web.listen-address=${address}`],
        isReady: async () => (await fetch(`http://${address}/`)).ok,
      },
      this.#logPath('node-exporter'),
    );
    this.#services.push(exporter);
    this.#nodeExporter = await register({
      service: 'node',
      instance: hostname(),
      address,
      interval: '5s',
      zookeeper: this.addresses.zookeeper,
    });
  }

  #logPath(name: string): string {
    return join(this.folder, 'logs', `${name}.log`);
  }
}

/** Starts one process an item, all at once; those that came up are in `started` even when another one failed. */
async function startAll<T>(
  items: readonly T[],
  start: (item: T) => Promise<ClusterProcess>,
  started: ClusterProcess[],
): Promise<void> {
  const results = await Promise.allSettled(items.map((item) => start(item)));
  for (const result of results) if (result.status === 'fulfilled') started.push(result.value);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
