import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { CappedLog } from './capped-log.ts';
import { bindToParent, trackChild } from './child-reaper.ts';
import { TestSupportError } from './errors.ts';
import { timeFactor } from './time-factor.ts';

/** How to start a server and to tell that it serves. */
export interface ServerProcessOptions {
  /** Shown in errors, such as `redis :23456`. */
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  /**
   * Asked every few milliseconds with what the process has printed; throwing counts as `false`. Where another server may
   * sit on the same port, it must tell the two apart.
   */
  isReady: (run: { output: string; pid: number }) => boolean | Promise<boolean>;
  /** Milliseconds until the start counts as failed, before the time factor. @defaultValue 20000 */
  readyTimeoutMs?: number | undefined;
  /** Where the end of the output is kept; give the previous run's log to keep both. */
  log?: CappedLog | undefined;
  /** A file that all output is appended to. @defaultValue none */
  outputPath?: string | undefined;
}

const BIND_FAILURE = /address already in use|EADDRINUSE|BindException/i;

/**
 * One run of a server as a child process. It ends at the latest with this process. Signals of the terminal do not reach
 * it (own process group), so an ordered stop on Ctrl-C is up to the parent.
 */
export class ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: CappedLog;
  /** Resolves once it has ended, with its exit code or signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess, pid: number, log: CappedLog) {
    this.name = name;
    this.#child = child;
    this.pid = pid;
    this.log = log;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
    });
  }

  /**
   * Starts the server and waits until it is ready.
   *
   * @throws TestSupportError `BindFailed` when its port was taken, `ExitedEarly`, `StartTimeout`, `MissingServer`;
   * nothing is left running then.
   */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const log = options.log ?? new CappedLog();
    const { command, args } = bindToParent(options.command, options.args);
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const failedToSpawn = new Promise<Error>((resolve) => child.once('error', resolve));
    if (child.pid === undefined) {
      throw new TestSupportError('MissingServer', `cannot run ${command}`, { cause: await failedToSpawn });
    }
    trackChild(child);
    // A server must not hold up the end of the test process, and neither must its pipes.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as unknown as Socket).unref();
    let output = '';
    const file = options.outputPath === undefined ? undefined : createWriteStream(options.outputPath, { flags: 'a' });
    child.once('close', () => file?.end());
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log.append(text);
        file?.write(text);
        if (output.length < 65_536) output += text;
      });
    }
    const server = new ServerProcess(options.name, child, child.pid, log);
    await server.#waitUntilReady(options, () => output);
    return server;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal and waits for the end. A frozen process gets a SIGCONT with it; after 10 s, a SIGKILL. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return;
    this.#child.ref();
    this.#child.kill(signal);
    this.#child.kill('SIGCONT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000 * timeFactor);
    await this.exited;
    clearTimeout(timer);
  }

  /** Stops it from running at all (SIGSTOP): its connections stay open and nobody answers. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Undoes {@link ServerProcess.freeze}. */
  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async #waitUntilReady(options: ServerProcessOptions, output: () => string): Promise<void> {
    const deadline = performance.now() + (options.readyTimeoutMs ?? 20_000) * timeFactor;
    for (let waitMs = 5; performance.now() < deadline; waitMs = Math.min(waitMs * 1.5, 100)) {
      if (!this.isRunning) {
        // The last output may come after the exit.
        await sleep(20);
        const code = BIND_FAILURE.test(output()) ? 'BindFailed' : 'ExitedEarly';
        throw new TestSupportError(code, `${this.name} ended with ${await this.exited}\n${this.log.tail()}`);
      }
      try {
        if (await options.isReady({ output: output(), pid: this.pid })) return;
      } catch {
        // Not listening yet.
      }
      await sleep(waitMs);
    }
    await this.kill('SIGKILL');
    const code = BIND_FAILURE.test(output()) ? 'BindFailed' : 'StartTimeout';
    throw new TestSupportError(code, `${this.name} did not get ready in time\n${this.log.tail()}`);
  }
}
