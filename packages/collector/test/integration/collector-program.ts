import { join } from 'node:path';

import { freePort, registerCleanup, ServerProcess } from '@pulsekeeper/test-support';

import type { SmallCluster } from './small-cluster.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/pulsekeeper-collector.js');

/** A collector that is a process of its own. */
export interface CollectorProgram {
  readonly program: ServerProcess;
  readonly statusUrl: string;
}

/** Starts the collector `c1` of a cluster and waits until it is ready. */
export async function startCollectorProgram(
  cluster: SmallCluster,
  env: Readonly<Record<string, string>> = {},
): Promise<CollectorProgram> {
  const port = await freePort();
  const statusUrl = `http://127.0.0.1:${port}`;
  const program = await ServerProcess.start({
    name: 'collector c1',
    command: process.execPath,
    args: [PROGRAM],
    env: {
      ...process.env,
      PULSEKEEPER_COLLECTOR_ID: 'c1',
      PULSEKEEPER_ZOOKEEPER: cluster.connectString,
      PULSEKEEPER_REDIS: cluster.servers.redis.url,
      PULSEKEEPER_KEY_PREFIX: cluster.keyPrefix,
      PULSEKEEPER_LISTEN: `127.0.0.1:${port}`,
      PULSEKEEPER_SELF_REGISTRATION: 'false',
      ...env,
    },
    isReady: async () => (await fetch(`${statusUrl}/-/ready`)).status === 200,
  });
  registerCleanup({ name: program.name, run: () => program.kill('SIGKILL'), logTail: () => program.log.tail() });
  return { program, statusUrl };
}
