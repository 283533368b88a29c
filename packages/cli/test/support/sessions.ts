import { registerCleanup, startZooKeeper, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { ZkSession } from '@pulsekeeper/zk-session';

let count = 0;

/** One ZooKeeper for a suite; each cluster is a chroot of its own. */
export function useZooKeeper(): { readonly server: () => ZooKeeperServer; readonly freshCluster: () => string } {
  let server: ZooKeeperServer | undefined;
  const started = (): ZooKeeperServer => {
    if (server === undefined) {
      throw new Error('ZooKeeper has not been started');
    }
    return server;
  };
  before('starts ZooKeeper', async function () {
    this.timeout(30_000);
    server = await startZooKeeper();
  });
  return { server: started, freshCluster: () => `${started().connectString}/cli-${++count}` };
}

/** A session that is closed at the end of the test. */
export async function openSession(connectString: string): Promise<ZkSession> {
  const session = new ZkSession({ connectString, sessionTimeoutMs: 4000 });
  registerCleanup({ name: `session ${connectString}`, run: () => session.stop() });
  await session.start();
  return session;
}

/** Writes the znode of an instance as somebody else's program would: any bytes, right or wrong. */
export async function putInstance(session: ZkSession, target: string, data: unknown): Promise<void> {
  const [service = '', instance = ''] = target.split('/');
  await session.ensurePath(`/services/${service}`);
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  await session.create(`/services/${service}/${instance}`, new TextEncoder().encode(text), { ephemeral: true });
}
