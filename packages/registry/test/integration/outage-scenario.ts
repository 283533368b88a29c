import { setTimeout as delay } from 'node:timers/promises';
import { serializeInstance } from '@pulsekeeper/model';
import { eventually, startEnsemble } from '@pulsekeeper/test-support';
import { Directory, registerInstance, ZkSession } from '../../src/index.ts';

/** What {@link runOutage} measured. */
export interface OutageReport {
  /** From the moment a quorum served again until every registration stood in a session that lives, in ms. */
  readonly backMs: number;
  /** From that moment until the observers were connected and had read everything again, in ms. */
  readonly observersMs: number;
  /** Least number of targets that an observer showed from the first full view on. */
  readonly leastTargets: number;
  /** Registrations whose session did not outlive the outage. */
  readonly newSessions: number;
}

/** How {@link runOutage} goes. */
export interface OutageOptions {
  readonly outageMs: number;
  readonly registrations: number;
  readonly sessions: number;
  readonly observers: number;
  readonly sessionTimeoutMs: number;
}

/**
 * Kills all three members of an ensemble, starts them again after a while, and waits until every instance is
 * registered again, whatever became of its session.
 */
export async function runOutage(options: OutageOptions): Promise<OutageReport> {
  const { sessionTimeoutMs } = options;
  const ensemble = await startEnsemble(3);
  const connectString = `${ensemble.connectString}/outage`;
  const open = async (): Promise<ZkSession> => {
    const session = new ZkSession({ connectString, sessionTimeoutMs, operationTimeoutMs: 30_000 });
    await session.start();
    return session;
  };
  const owners = await Promise.all(Array.from({ length: options.sessions }, open));
  const watchers = await Promise.all(Array.from({ length: options.observers }, open));
  const observers = watchers.map((session) => new Directory({ session }));
  const registrations = Array.from({ length: options.registrations }, (_, index) => {
    const instanceKey = `key-${index}`;
    const data = serializeInstance({ address: { host: '10.0.0.1', port: 1 + index }, instanceKey });
    const session = owners[index % owners.length]!;
    return registerInstance(session, { service: `s${index % 20}`, instance: `i${index}`, data, instanceKey });
  });
  try {
    await Promise.all(registrations.map((registration) => registration.start()));
    await Promise.all(observers.map((observer) => observer.start()));
    let leastTargets = Math.min(...observers.map(({ view }) => view.targetIds.length));
    for (const observer of observers) {
      observer.on('changed', ({ targetIds }) => (leastTargets = Math.min(leastTargets, targetIds.length)));
    }
    const before = new Set(owners.map(({ sessionId }) => sessionId));

    await Promise.all(ensemble.servers.map((server) => server.kill('SIGKILL')));
    await delay(options.outageMs);
    await Promise.all(ensemble.servers.map((server) => server.start()));
    const servingMs = performance.now();
    const observersRead = Promise.all(watchers.map((watcher) => watcher.whenConnected())).then(
      () => performance.now() - servingMs,
    );
    await Promise.all(registrations.map((registration) => registration.whenRegistered()));
    // What a registration believes of itself is no proof: each node must be owned by a session that lives now.
    await eventually(
      async () => {
        const [session] = owners;
        const living = new Set(owners.map(({ sessionId }) => sessionId));
        const nodes = await session!.readMany(registrations.map(({ path }) => path));
        for (const [path, node] of nodes) {
          if (node === undefined || !living.has(node.stat.ephemeralOwner)) throw new Error(`${path} is not back`);
        }
      },
      { timeoutMs: 30_000 },
    );
    const backMs = performance.now() - servingMs;
    const observersMs = await observersRead;
    // Past the time at which a server expires the sessions that did not come back.
    await delay(1.5 * sessionTimeoutMs);
    await eventually(() => {
      for (const { view } of observers) {
        if (view.targetIds.length !== registrations.length) throw new Error(`${view.targetIds.length} targets`);
      }
    });
    const newSessions = owners.filter(({ sessionId }) => !before.has(sessionId)).length;
    return { backMs, observersMs, leastTargets, newSessions };
  } finally {
    await Promise.all(observers.map((observer) => observer.stop()));
    await Promise.all([...owners, ...watchers].map((session) => session.stop()));
    await ensemble.stop();
  }
}
