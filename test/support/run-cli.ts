import { execFile } from 'node:child_process';
import { join } from 'node:path';

import type { FaultCluster } from './fault-cluster.ts';

const PROGRAM = join(import.meta.dirname, '../../packages/cli/bin/pulsekeeper.js');

/** How `pulsekeeper` ended, with what it answered. */
export interface CliAnswer<T> {
  readonly code: number;
  /** What `--json` printed. */
  readonly json: T;
}

/** Runs the real `pulsekeeper … --json` against a cluster, as a user does. */
export async function runCli<T>(cluster: FaultCluster, ...args: readonly string[]): Promise<CliAnswer<T>> {
  const env = {
    ...process.env,
    PULSEKEEPER_ZOOKEEPER: `${cluster.ensemble.connectString}/pulsekeeper`,
    PULSEKEEPER_REDIS: cluster.redis.url,
  };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args, '--json'],
      { env, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
      (error, out, err) => {
        const code = error === null ? 0 : error.code;
        if (typeof code !== 'number') {
          reject(new Error(`pulsekeeper ${args.join(' ')} did not end: ${err}`, { cause: error }));
          return;
        }
        try {
          resolve({ code, json: JSON.parse(out) as T });
        } catch (cause) {
          reject(new Error(`pulsekeeper ${args.join(' ')} (exit ${code}) printed no JSON: ${out}${err}`, { cause }));
        }
      },
    );
  });
}
