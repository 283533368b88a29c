import { join } from 'node:path';

import { ServerProcess, freePort, registerCleanup } from '@pulsekeeper/test-support';

const PROGRAM = join(import.meta.dirname, '../../packages/collector/bin/pulsekeeper-collector.js');

/** How to run one collector. */
export interface CollectorProcessOptions {
  readonly id: string;
  /** Connect string with chroot. */
  readonly zookeeper: string;
  readonly redis: string;
  /** Further environment, such as `PULSEKEEPER_REPLICATION`; it wins. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A real collector in a process of its own, started as a user starts it. */
export class CollectorProcess {
  readonly id: string;
  /** `http://127.0.0.1:<port>`. */
  readonly statusUrl: string;
  readonly #options: CollectorProcessOptions;
  readonly #port: number;
  #process: ServerProcess | undefined;
  #isRegistered = false;

  private constructor(options: CollectorProcessOptions, port: number) {
    this.id = options.id;
    this.#options = options;
    this.#port = port;
    this.statusUrl = `http://127.0.0.1:${port}`;
  }

  /** Starts a collector and waits until it says that it is ready. */
  static async start(options: CollectorProcessOptions): Promise<CollectorProcess> {
    const collector = new CollectorProcess(options, await freePort());
    await collector.restart();
    return collector;
  }

  get pid(): number {
    return this.#running().pid;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  /** The end of what it logged. */
  logTail(): string {
    return this.#process?.log.tail() ?? '';
  }

  /** Starts it again under the same id and port, once it has ended. */
  async restart(): Promise<void> {
    const { id, zookeeper, redis, env } = this.#options;
    this.#process = await ServerProcess.start({
      name: `collector ${id}`,
      command: process.execPath,
      args: [PROGRAM],
      env: {
        ...process.env,
        PULSEKEEPER_COLLECTOR_ID: id,
        PULSEKEEPER_ZOOKEEPER: zookeeper,
        PULSEKEEPER_REDIS: redis,
        PULSEKEEPER_LISTEN: `127.0.0.1:${this.#port}`,
        ...env,
      },
      isReady: async () => (await fetch(`${this.statusUrl}/-/ready`)).status === 200,
    });
    // Once: a restart within a test must not shorten the life of a collector that a whole suite uses.
    if (this.#isRegistered) return;
    this.#isRegistered = true;
    registerCleanup({
      name: `collector ${id}`,
      run: () => this.kill(),
      logTail: () => this.logTail(),
    });
  }

  /** Asks it to drain and leave (SIGTERM); resolves with its exit code or signal once it is gone. */
  async leave(): Promise<number | NodeJS.Signals> {
    const running = this.#running();
    process.kill(running.pid, 'SIGTERM');
    return running.exited;
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    await this.#running().kill('SIGKILL');
  }

  freeze(): void {
    this.#running().freeze();
  }

  thaw(): void {
    this.#running().thaw();
  }

  #running(): ServerProcess {
    if (this.#process === undefined) throw new TypeError(`collector ${this.id} has not been started`);
    return this.#process;
  }
}
