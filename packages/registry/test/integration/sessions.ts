import { registerCleanup, startZooKeeper, type ZooKeeperServer } from '@pulsekeeper/test-support';
import { ZkSession, type ZkSessionOptions } from '@pulsekeeper/zk-session';

/** A server for a whole suite, and a chroot of its own for each call. */
export class TestCluster {
  readonly #server: () => ZooKeeperServer;
  #count = 0;

  constructor(server: () => ZooKeeperServer) {
    this.#server = server;
  }

  /** A connect string with a chroot that nothing else uses. */
  freshConnectString(): string {
    this.#count += 1;
    return `${this.#server().connectString}/chroot-${process.pid}-${this.#count}`;
  }
}

/** Starts a server before the suite; gives what hands out chroots on it. */
export function useZooKeeper(): { readonly cluster: TestCluster; readonly server: () => ZooKeeperServer } {
  let running: ZooKeeperServer | undefined;
  const server = (): ZooKeeperServer => {
    if (running === undefined) throw new TypeError('the server is started in a before hook');
    return running;
  };
  before(async function () {
    this.timeout(30_000);
    running = await startZooKeeper();
  });
  return { cluster: new TestCluster(server), server };
}

/** A connected session that is stopped after the test. */
export async function openSession(connectString: string, options: Partial<ZkSessionOptions> = {}): Promise<ZkSession> {
  const session = new ZkSession({ connectString, sessionTimeoutMs: 4000, ...options });
  registerCleanup({ name: 'session', run: () => session.stop() });
  await session.start();
  return session;
}
