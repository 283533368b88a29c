import { join } from 'node:path';

import { startEnsemble, startRedis, startZooKeeper } from '@pulsekeeper/test-support';

/** A server that the cluster uses: where it is, and how to end it if it is ours. */
export interface UsedServer {
  /** A connect string with chroot, or a Redis URL. */
  readonly address: string;
  /** Whether it was started here, as against given in the environment. */
  readonly isOwn: boolean;
  stop(): Promise<void>;
}

/** The ZooKeeper that `PULSEKEEPER_ZOOKEEPER` names, or a private one with its data in `folder`. */
export async function useZooKeeper(folder: string, ensemble: boolean): Promise<UsedServer> {
  const given = process.env['PULSEKEEPER_ZOOKEEPER'];
  if (given !== undefined && given !== '') return existing(given);
  const options = { outputPath: join(folder, 'logs/zookeeper.log') };
  const server = ensemble
    ? await startEnsemble(3, { ...options, dataDir: join(folder, 'zookeeper-ensemble') })
    : await startZooKeeper({ ...options, dataDir: join(folder, 'zookeeper') });
  return { address: `${server.connectString}/pulsekeeper`, isOwn: true, stop: () => server.stop() };
}

/** The Redis that `PULSEKEEPER_REDIS` names, or a private one that keeps its data in `folder`, append-only. */
export async function useRedis(folder: string): Promise<UsedServer> {
  const given = process.env['PULSEKEEPER_REDIS'];
  if (given !== undefined && given !== '') return existing(given);
  const server = await startRedis({
    appendonly: true,
    dataDir: join(folder, 'redis'),
    outputPath: join(folder, 'logs/redis.log'),
  });
  return { address: server.url, isOwn: true, stop: () => server.stop() };
}

function existing(address: string): UsedServer {
  return { address, isOwn: false, stop: () => Promise.resolve() };
}
