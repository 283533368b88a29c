import { eventually } from './eventually.ts';
import { startRedis, type RedisOptions, type RedisServer } from './redis-server.ts';

const SLOTS = 16_384;

/** How a test's Redis Cluster differs from the usual. */
export interface RedisClusterOptions extends Omit<RedisOptions, 'port' | 'dataDir' | 'replicaOf'> {
  /** Replicas of each primary. @defaultValue 0 */
  replicas?: number | undefined;
  /** Milliseconds without an answer after which a node counts as failed. @defaultValue 2000 */
  nodeTimeoutMs?: number | undefined;
}

/** Several real Redis servers in cluster mode, the hash slots spread evenly over the primaries. */
export class RedisCluster {
  readonly primaries: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  /** `redis+cluster://h1:p1,h2:p2,…`: the URL that Pulsekeeper takes. */
  readonly url: string;

  constructor(primaries: readonly RedisServer[], replicas: readonly RedisServer[]) {
    this.primaries = primaries;
    this.replicas = replicas;
    this.url = `redis+cluster://${primaries.map((server) => `127.0.0.1:${server.port}`).join(',')}`;
  }

  /** Ends all nodes. */
  async stop(): Promise<void> {
    await Promise.all([...this.primaries, ...this.replicas].map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Starts a Redis Cluster of `size` primaries on loopback and waits until all nodes agree on it: one to three seconds. */
export async function startRedisCluster(size = 3, options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { replicas: replicasEach = 0, nodeTimeoutMs = 2_000, extraArgs = [], ...rest } = options;
  const clusterArgs = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${nodeTimeoutMs}`, ...extraArgs];
  const nodes = await Promise.all(
    Array.from({ length: size * (1 + replicasEach) }, () => startRedis({ ...rest, extraArgs: clusterArgs })),
  );
  const cluster = new RedisCluster(nodes.slice(0, size), nodes.slice(size));
  try {
    await Promise.all(cluster.primaries.map((node, index) => addSlots(node, index, size)));
    const [first, ...others] = nodes;
    for (const node of others) await first?.cli('cluster', 'meet', '127.0.0.1', node.port);
    await eventually(() => allAgree(nodes), { timeoutMs: 20_000, intervalMs: 50 });
    for (const [index, replica] of cluster.replicas.entries()) {
      const primaryId = await cluster.primaries[index % size]?.cli('cluster', 'myid');
      await replica.cli('cluster', 'replicate', primaryId ?? '');
      await eventually(async () => (await replica.cli('info', 'replication')).includes('master_link_status:up'), {
        timeoutMs: 20_000,
        intervalMs: 50,
      });
    }
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function addSlots(node: RedisServer, index: number, size: number): Promise<void> {
  // Distinct epochs beforehand save the nodes from settling the collision by themselves, which takes seconds.
  await node.cli('cluster', 'set-config-epoch', index + 1);
  const first = Math.floor((index * SLOTS) / size);
  const last = Math.floor(((index + 1) * SLOTS) / size) - 1;
  const slots = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  await node.cli('cluster', 'addslots', ...slots);
}

async function allAgree(nodes: readonly RedisServer[]): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => node.cli('cluster', 'info')));
  return infos.every(
    (info) => info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}\r`),
  );
}
