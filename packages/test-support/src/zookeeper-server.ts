import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CappedLog } from './capped-log.ts';
import { registerCleanup } from './cleanup-registry.ts';
import { DataFolder } from './data-folder.ts';
import { TestSupportError } from './errors.ts';
import { freePort, retryOnBindFailure } from './free-port.ts';
import { requireServers, zooKeeperClassPath } from './require-servers.ts';
import { ServerProcess } from './server-process.ts';
import { tcpExchange } from './tcp-exchange.ts';

/** How a test's ZooKeeper differs from the usual. */
export interface ZooKeeperOptions {
  /** The unit of ZooKeeper's time, in milliseconds; session timeouts are clamped to 2…20 of them. @defaultValue 500 */
  tickTimeMs?: number | undefined;
  /** Kept after the stop when given. @defaultValue a temporary folder */
  dataDir?: string | undefined;
  /** A file that the server's output is appended to. @defaultValue none */
  outputPath?: string | undefined;
  /** @defaultValue a free port */
  port?: number | undefined;
  /** The Java heap; 25,000 znodes fit the default. @defaultValue 256 */
  heapMb?: number | undefined;
  /** Whether transactions are synced to disk, as in production. @defaultValue false */
  forceSync?: boolean | undefined;
  /** Further lines of `zoo.cfg`. */
  config?: Readonly<Record<string, string | number>> | undefined;
  /** Further Java options, such as `-Djute.maxbuffer=…`. */
  javaArgs?: readonly string[] | undefined;
}

/** A member's place in an ensemble. */
export interface EnsembleSeat {
  /** The member's `myid`. */
  id: number;
  /** The `server.N` lines that it is given. */
  members: Readonly<Record<string, string>>;
}

/** A real ZooKeeper server on loopback, run by plain `java`. Made by {@link startZooKeeper} or as an ensemble's member. */
export class ZooKeeperServer {
  readonly port: number;
  /** `127.0.0.1:<port>`, without a chroot. */
  readonly connectString: string;
  readonly log = new CappedLog();
  readonly #folder: DataFolder;
  readonly #options: ZooKeeperOptions;
  readonly #seat: EnsembleSeat | undefined;
  #process: ServerProcess | undefined;
  #stopped: Promise<void> | undefined;
  #unregister: (() => void) | undefined;

  /** Stores only; {@link ZooKeeperServer.start} runs it. */
  constructor(port: number, folder: DataFolder, options: ZooKeeperOptions, seat?: EnsembleSeat) {
    this.port = port;
    this.connectString = `127.0.0.1:${port}`;
    this.#folder = folder;
    this.#options = options;
    this.#seat = seat;
  }

  /** The process id of the present run. */
  get pid(): number {
    return this.#running().pid;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  /** Runs the server and waits until it serves; a member of an ensemble serves once there is a quorum. */
  async start(): Promise<void> {
    // Once: a restart within a test must not shorten the life of a server that a whole suite uses.
    this.#unregister ??= registerCleanup({
      name: `zookeeper :${this.port}`,
      run: () => this.stop(),
      logTail: () => this.log.tail(),
    });
    const configPath = join(this.#folder.path, 'zoo.cfg');
    await writeFile(configPath, this.#config());
    if (this.#seat !== undefined) await writeFile(join(this.#folder.path, 'myid'), `${this.#seat.id}\n`);
    const main =
      this.#seat === undefined
        ? 'org.apache.zookeeper.server.ZooKeeperServerMain'
        : 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
    this.#process = await ServerProcess.start({
      name: `zookeeper :${this.port}`,
      command: 'java',
      // The serial collector and the first compiler alone: half the start time and memory for short runs. Performance
      // data would be a file in the system's temporary folder that a killed server leaves behind.
      args: [
        `-Xmx${this.#options.heapMb ?? 256}m`,
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-XX:-UsePerfData',
        `-Dzookeeper.forceSync=${this.#options.forceSync === true ? 'yes' : 'no'}`,
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-Dzookeeper.admin.enableServer=false',
        ...(this.#options.javaArgs ?? []),
        '-cp',
        zooKeeperClassPath() ?? '',
        main,
        configPath,
      ],
      cwd: this.#folder.path,
      // A server that another process just started on this port has another data folder.
      isReady: async () =>
        (await this.fourLetter('srvr')).includes('Mode:') &&
        (await this.fourLetter('conf')).includes(`dataDir=${this.#folder.path}`),
      log: this.log,
      outputPath: this.#options.outputPath,
    });
  }

  /** The answer to a four-letter word, such as `srvr`, `mntr`, `cons`, `dump`, `wchs`. */
  async fourLetter(word: string): Promise<string> {
    return tcpExchange(this.port, word);
  }

  /** `standalone`, `leader`, `follower`, or `undefined` while it does not serve. */
  async mode(): Promise<string | undefined> {
    if (!this.isRunning) return undefined;
    const answer = await this.fourLetter('srvr').catch(() => '');
    return /^Mode: (\w+)/m.exec(answer)?.[1];
  }

  /** Ends the process as a crash does (`SIGKILL`) or in order (`SIGTERM`); its data stays. Resolves once it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process?.kill(signal);
  }

  /** Stops the process in its tracks: its connections stay open and nobody answers. */
  freeze(): void {
    this.#running().freeze();
  }

  /** Undoes {@link ZooKeeperServer.freeze}. */
  thaw(): void {
    this.#running().thaw();
  }

  /** Ends it if it runs and starts it again on the same port; with `wipe` its data, sessions included, are gone. */
  async restart(options: { wipe?: boolean | undefined; signal?: NodeJS.Signals | undefined } = {}): Promise<void> {
    await this.kill(options.signal ?? 'SIGTERM');
    if (options.wipe === true) await this.#folder.wipe();
    await this.start();
  }

  /** Ends it for good and removes its temporary folder. Every caller gets the same promise. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#unregister?.();
      // A server that keeps its data gets to close it; the others need no goodbye.
      await this.kill(this.#options.dataDir === undefined ? 'SIGKILL' : 'SIGTERM');
      await this.#folder.remove();
    })();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #running(): ServerProcess {
    if (this.#process === undefined) throw new TypeError('the ZooKeeper server has not been started');
    return this.#process;
  }

  #config(): string {
    const lines: Record<string, string | number> = {
      tickTime: this.#options.tickTimeMs ?? 500,
      dataDir: this.#folder.path,
      clientPort: this.port,
      clientPortAddress: '127.0.0.1',
      'admin.enableServer': 'false',
      '4lw.commands.whitelist': '*',
      maxClientCnxns: 0,
      ...(this.#seat === undefined ? {} : { initLimit: 10, syncLimit: 4, ...this.#seat.members }),
      ...this.#options.config,
    };
    return Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  }
}

/**
 * Starts a ZooKeeper server of its own on loopback: about half a second.
 *
 * @throws TestSupportError `MissingServer` without java or the jars, else as {@link ServerProcess.start}.
 */
export async function startZooKeeper(options: ZooKeeperOptions = {}): Promise<ZooKeeperServer> {
  requireServers();
  const start = async (): Promise<ZooKeeperServer> => {
    const folder = await DataFolder.open(options.dataDir, 'zookeeper');
    const server = new ZooKeeperServer(options.port ?? (await freePort()), folder, options);
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  };
  if (options.port === undefined) return retryOnBindFailure(start);
  return start().catch((error: unknown) => {
    if (error instanceof TestSupportError && error.code === 'BindFailed') {
      throw new TestSupportError('BindFailed', `port ${options.port ?? 0} is taken`, { cause: error });
    }
    throw error;
  });
}
