import { mkdirSync } from 'node:fs';
import { dirname, relative } from 'node:path';

import { ServerProcess, TestSupportError, type ServerProcessOptions } from '@pulsekeeper/test-support';

import { ClusterError } from './cluster-error.ts';

/** A collector, a demo service or an exporter of the local cluster: one process with its own log file. */
export class ClusterProcess {
  readonly name: string;
  readonly logPath: string;
  readonly #process: ServerProcess;
  #isStopping = false;

  private constructor(name: string, logPath: string, running: ServerProcess) {
    this.name = name;
    this.logPath = logPath;
    this.#process = running;
  }

  /** Starts it and waits until it is ready. @throws ClusterError with its last words */
  static async start(
    options: Pick<ServerProcessOptions, 'name' | 'command' | 'args' | 'env' | 'isReady'>,
    logPath: string,
  ): Promise<ClusterProcess> {
    mkdirSync(dirname(logPath), { recursive: true });
    try {
      return new ClusterProcess(
        options.name,
        logPath,
        await ServerProcess.start({ ...options, outputPath: logPath, readyTimeoutMs: 30_000 }),
      );
    } catch (cause) {
      if (!(cause instanceof TestSupportError)) throw cause;
      throw new ClusterError(`${cause.message}\n(all it said: ${relative(process.cwd(), logPath)})`, 1, { cause });
    }
  }

  /** Why it is not running although nobody here stopped it, or `undefined`. */
  get problem(): string | undefined {
    if (this.#process.isRunning || this.#isStopping) return undefined;
    return `${this.name} has ended; see ${relative(process.cwd(), this.logPath)}`;
  }

  /** Asks it to leave and waits; kills it after 10 s. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#process.kill('SIGTERM');
  }
}
