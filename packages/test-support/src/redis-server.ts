import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { CappedLog } from './capped-log.ts';
import { registerCleanup } from './cleanup-registry.ts';
import { DataFolder } from './data-folder.ts';
import { TestSupportError } from './errors.ts';
import { freePort, retryOnBindFailure } from './free-port.ts';
import { findExecutable, redisServerCommand, requireServers } from './require-servers.ts';
import { ServerProcess } from './server-process.ts';
import { tcpExchange } from './tcp-exchange.ts';

const run = promisify(execFile);

/** How a test's Redis differs from the usual: no snapshots, no append-only file, loopback only. */
export interface RedisOptions {
  /** Whether writes go to an append-only file, so that they survive a `kill`. @defaultValue false */
  appendonly?: boolean | undefined;
  /** When the append-only file is synced: `always`, `everysec` or `no`. @defaultValue 'everysec' */
  appendfsync?: 'always' | 'everysec' | 'no' | undefined;
  /** A module file that the server loads. @defaultValue none */
  modulePath?: string | undefined;
  /** Further arguments, such as `['--maxmemory', '20mb']`; they win. */
  extraArgs?: readonly string[] | undefined;
  /** @defaultValue a free port */
  port?: number | undefined;
  /** Kept after the stop when given. @defaultValue a temporary folder */
  dataDir?: string | undefined;
  /** A file that the server's output is appended to. @defaultValue none */
  outputPath?: string | undefined;
  /** Makes it a replica of another server from the start. */
  replicaOf?: RedisServer | undefined;
}

/** A real Redis (or Valkey) server on loopback. Made by {@link startRedis}. */
export class RedisServer {
  readonly port: number;
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  readonly log = new CappedLog();
  readonly #folder: DataFolder;
  readonly #options: RedisOptions;
  #process: ServerProcess | undefined;
  #stopped: Promise<void> | undefined;
  #unregister: (() => void) | undefined;

  /** Stores only; {@link RedisServer.start} runs it. */
  constructor(port: number, folder: DataFolder, options: RedisOptions) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#options = options;
  }

  /** The process id of the present run. */
  get pid(): number {
    return this.#running().pid;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  /** Runs the server and waits until it answers `PING` (so not while it loads its data). */
  async start(): Promise<void> {
    // Once: a restart within a test must not shorten the life of a server that a whole suite uses.
    this.#unregister ??= registerCleanup({
      name: `redis :${this.port}`,
      run: () => this.stop(),
      logTail: () => this.log.tail(),
    });
    this.#process = await ServerProcess.start({
      name: `redis :${this.port}`,
      command: redisServerCommand() ?? 'redis-server',
      args: this.#args(),
      cwd: this.#folder.path,
      isReady: ({ pid }) => this.#answers(pid),
      log: this.log,
      outputPath: this.#options.outputPath,
    });
  }

  /** Runs `redis-cli` on it and returns what it prints, trimmed. Throws `CommandFailed` on an error reply. */
  async cli(...args: readonly (string | number)[]): Promise<string> {
    const command = findExecutable('redis-cli') ?? findExecutable('valkey-cli') ?? 'redis-cli';
    const all = ['-h', '127.0.0.1', '-p', `${this.port}`, '-e', ...args.map(String)];
    try {
      const { stdout } = await run(command, all, { maxBuffer: 64 * 1024 * 1024, timeout: 20_000 });
      return stdout.trimEnd();
    } catch (error) {
      throw new TestSupportError('CommandFailed', `redis-cli ${args.join(' ')} on port ${this.port} failed`, {
        cause: error,
      });
    }
  }

  /** Ends the process as a crash does (`SIGKILL`) or in order (`SIGTERM`). Resolves once it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process?.kill(signal);
  }

  /** Stops the process in its tracks: its connections stay open and nobody answers. */
  freeze(): void {
    this.#running().freeze();
  }

  /** Undoes {@link RedisServer.freeze}. */
  thaw(): void {
    this.#running().thaw();
  }

  /** Ends it if it runs and starts it again on the same port; with `wipe` its files are gone. */
  async restart(options: { wipe?: boolean | undefined; signal?: NodeJS.Signals | undefined } = {}): Promise<void> {
    await this.kill(options.signal ?? 'SIGTERM');
    if (options.wipe === true) await this.#folder.wipe();
    await this.start();
  }

  /** Ends it for good and removes its temporary folder. Every caller gets the same promise. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#unregister?.();
      // A server that keeps its data gets to write it; the others need no goodbye.
      await this.kill(this.#options.dataDir === undefined ? 'SIGKILL' : 'SIGTERM');
      await this.#folder.remove();
    })();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Whether the process `pid`, and not another one that took the port, serves: also where it asks for a password. */
  async #answers(pid: number): Promise<boolean> {
    const ping = await tcpExchange(this.port, 'PING\r\n', (answer) => answer.includes('\n'));
    if (ping.startsWith('-NOAUTH')) return true;
    const info = await tcpExchange(this.port, 'INFO server\r\n', (answer) => answer.includes('\r\n\r\n'), 500);
    return ping.startsWith('+') && info.includes(`process_id:${pid}\r`);
  }

  #running(): ServerProcess {
    if (this.#process === undefined) throw new TypeError('the Redis server has not been started');
    return this.#process;
  }

  #args(): string[] {
    const { appendonly = false, appendfsync = 'everysec', replicaOf, modulePath, extraArgs = [] } = this.#options;
    const settings: Record<string, string> = {
      port: `${this.port}`,
      bind: '127.0.0.1',
      dir: this.#folder.path,
      save: '',
      appendonly: appendonly ? 'yes' : 'no',
      appendfsync,
      daemonize: 'no',
      'repl-diskless-sync-delay': '0',
      ...(replicaOf === undefined ? {} : { replicaof: `127.0.0.1 ${replicaOf.port}` }),
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...settingValues(name, value)]);
    return [...args, ...(modulePath === undefined ? [] : ['--loadmodule', modulePath]), ...extraArgs];
  }
}

/**
 * Starts a Redis server of its own on loopback: some tens of milliseconds.
 *
 * @throws TestSupportError `MissingServer` without a Redis server, else as {@link ServerProcess.start}.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  requireServers();
  const start = async (): Promise<RedisServer> => {
    const folder = await DataFolder.open(options.dataDir, 'redis');
    const server = new RedisServer(options.port ?? (await freePort()), folder, options);
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  };
  return options.port === undefined ? retryOnBindFailure(start) : start();
}

/** `replicaof` takes two words, `save` an empty one. */
function settingValues(name: string, value: string): string[] {
  return name === 'replicaof' ? value.split(' ') : [value];
}
