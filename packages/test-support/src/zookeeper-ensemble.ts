import { join } from 'node:path';

import { DataFolder } from './data-folder.ts';
import { eventually } from './eventually.ts';
import { freePort, retryOnBindFailure } from './free-port.ts';
import { requireServers } from './require-servers.ts';
import { ZooKeeperServer, type ZooKeeperOptions } from './zookeeper-server.ts';

/** Several real ZooKeeper servers that elect a leader. */
export class ZooKeeperEnsemble {
  readonly servers: readonly ZooKeeperServer[];
  /** All members, comma separated, without a chroot. */
  readonly connectString: string;

  constructor(servers: readonly ZooKeeperServer[]) {
    this.servers = servers;
    this.connectString = servers.map((server) => server.connectString).join(',');
  }

  /** The member that leads now; waits for the end of an election. A frozen member is not asked for an answer it owes. */
  async leader(): Promise<ZooKeeperServer> {
    return this.#eventuallyIn('leader');
  }

  /** A member that follows now. */
  async follower(): Promise<ZooKeeperServer> {
    return this.#eventuallyIn('follower');
  }

  /** Ends all members. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #eventuallyIn(mode: string): Promise<ZooKeeperServer> {
    return eventually(
      async () => {
        const modes = await Promise.all(this.servers.map((server) => server.mode()));
        const found = this.servers[modes.indexOf(mode)];
        if (found === undefined) throw new Error(`no ${mode} among: ${modes.join(', ')}`);
        return found;
      },
      { timeoutMs: 15_000, intervalMs: 50 },
    );
  }
}

/**
 * Starts an ensemble of `size` members on loopback and waits for its quorum: one to two seconds.
 * `port` does not apply; with `dataDir` each member keeps its data in a folder below it.
 */
export async function startEnsemble(size = 3, options: ZooKeeperOptions = {}): Promise<ZooKeeperEnsemble> {
  requireServers();
  return retryOnBindFailure(async () => {
    const members: Record<string, string> = {};
    for (let id = 1; id <= size; id += 1) members[`server.${id}`] = `127.0.0.1:${await freePort()}:${await freePort()}`;
    const servers: ZooKeeperServer[] = [];
    for (let id = 1; id <= size; id += 1) {
      const folder = await DataFolder.open(options.dataDir && join(options.dataDir, `${id}`), `zookeeper-${id}`);
      servers.push(new ZooKeeperServer(await freePort(), folder, options, { id, members }));
    }
    const ensemble = new ZooKeeperEnsemble(servers);
    try {
      await Promise.all(servers.map((server) => server.start()));
    } catch (error) {
      await ensemble.stop();
      throw error;
    }
    return ensemble;
  });
}
