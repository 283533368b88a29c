/*
 * Run by stop.test.ts as a process of its own: for each state of a session, brings everything that follows it into that
 * state, stops it there, and prints what that took and what is left. It does not call `process.exit`: whether it ends by
 * itself is what is tested.
 *
 *   node --import tsx stopping-program.ts ZOOKEEPER_PORT
 */
import { serializeInstance, targetId } from '@pulsekeeper/model';
import { eventually, TcpProxy, watchHeldResources } from '@pulsekeeper/test-support';
import {
  CollectorMembership,
  Directory,
  InstanceWatcher,
  registerInstance,
  ZkSession,
  type Registration,
} from '../../src/index.ts';
import type { StopReport } from './stop-report.ts';

const port = Number(process.argv[2]);

const heldSince = watchHeldResources();

/** A session whose setups are counted, and everything that may follow one. */
class Stage {
  readonly proxy: TcpProxy;
  readonly session: ZkSession;
  readonly directory: Directory;
  readonly watcher: InstanceWatcher;
  readonly registration: Registration;
  readonly membership: CollectorMembership;
  setups = 0;
  /** How what was waited for when it was stopped has ended. */
  readonly ends: Promise<string>[] = [];

  constructor(proxy: TcpProxy, scenario: string, sessionTimeoutMs: number) {
    this.proxy = proxy;
    // A chroot for each, so that none finds what another left to the server.
    const connectString = `${proxy.address}/${scenario.replaceAll(' ', '-')}`;
    this.session = new ZkSession({ connectString, sessionTimeoutMs });
    const addSetup = this.session.addSetup.bind(this.session);
    this.session.addSetup = (setup) => {
      this.setups += 1;
      const remove = addSetup(setup);
      let isThere = true;
      return () => {
        if (isThere) this.setups -= 1;
        isThere = false;
        remove();
      };
    };
    const { session } = this;
    this.directory = new Directory({ session, mode: 'poll', pollIntervalMs: 50 });
    this.watcher = new InstanceWatcher({ session });
    this.registration = this.register('a');
    this.membership = new CollectorMembership({
      session,
      announcement: { id: 'c1', host: 'h', statusUrl: 'http://127.0.0.1:1', capacity: 1, version: '0' },
    });
  }

  get parts(): [name: string, stop: () => Promise<void>][] {
    return [
      ['directory', () => this.directory.stop()],
      ['watcher', () => this.watcher.stop()],
      ['registration', () => this.registration.close()],
      ['membership', () => this.membership.close()],
    ];
  }

  register(instance: string, instanceKey = 'key', nameTakenGraceMs = 0): Registration {
    const data = serializeInstance({ address: '10.0.0.1:9100', instanceKey });
    return registerInstance(this.session, { service: 'db', instance, data, instanceKey, nameTakenGraceMs });
  }

  /** Starts all, and waits for none. */
  begin(): void {
    this.watcher.setWanted([targetId('db', 'a'), targetId('db', 'b')]);
    const started = [
      this.directory.start(),
      this.watcher.start().then(() => this.watcher.settled()),
      this.registration.start(),
      this.membership.start(),
    ];
    this.ends.push(...started.map(endOf));
  }

  /** Starts all, and waits until they stand. */
  async stand(): Promise<void> {
    await this.session.start();
    this.begin();
    await Promise.all(this.ends.splice(0));
  }

  async untilState(kind: string): Promise<void> {
    for await (const state of this.session.states()) if (state.kind === kind) return;
  }
}

async function endOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'resolved',
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
}

/** Brings what was just made into the state of that name. */
const SCENARIOS: Record<string, { sessionTimeoutMs?: number; enter: (stage: Stage) => Promise<void> }> = {
  'never started': { enter: () => Promise.resolve() },
  connecting: {
    enter: async (stage) => {
      // Accepts, and never answers.
      stage.proxy.stall('both');
      await stage.session.start({ waitForConnection: false });
      stage.begin();
      await eventually(() => stage.proxy.stats.accepted > 0);
    },
  },
  connected: { enter: (stage) => stage.stand() },
  'a name that is taken': {
    enter: async (stage) => {
      await stage.session.start();
      await stage.session.ensurePath('/services/db');
      await stage.session.create('/services/db/a', serializeInstance({ address: '10.0.0.1:9100' }));
      stage.begin();
      await Promise.all(stage.ends);
      const waiting = stage.register('a', 'another', Number.POSITIVE_INFINITY);
      stage.ends.push(endOf(waiting.start()));
      await eventually(() => waiting.state.kind === 'waiting');
      stage.ends.push(endOf(waiting.close()));
    },
  },
  suspended: {
    sessionTimeoutMs: 10_000,
    enter: async (stage) => {
      await stage.stand();
      await stage.proxy.cut();
      await stage.untilState('suspended');
      stage.ends.push(endOf(stage.registration.update(serializeInstance({ address: '10.0.0.1:1' }))));
    },
  },
  lost: {
    enter: async (stage) => {
      await stage.stand();
      await stage.proxy.cut();
      await stage.untilState('lost');
    },
  },
  // The link went silent, and nobody has noticed yet: what is asked waits on the wire.
  'in flight': {
    sessionTimeoutMs: 10_000,
    enter: async (stage) => {
      await stage.stand();
      stage.proxy.stall('both');
      stage.watcher.setWanted([targetId('db', 'c'), targetId('db', 'd')]);
      stage.ends.push(endOf(stage.watcher.settled()));
      stage.ends.push(endOf(stage.registration.update(serializeInstance({ address: '10.0.0.1:1' }))));
      const late = stage.register('late');
      stage.ends.push(endOf(late.start()));
      // Two nodes, one look at our own, a registration, and the directory's next poll.
      await eventually(() => stage.session.pendingOperations >= 5);
      stage.ends.push(endOf(late.close()));
    },
  },
  'session closed': {
    enter: async (stage) => {
      await stage.stand();
      await stage.session.stop();
    },
  },
};

async function run(scenario: string): Promise<StopReport> {
  const { sessionTimeoutMs = 1000, enter } = SCENARIOS[scenario]!;
  const proxy = await TcpProxy.start({ target: { port } });
  const stage = new Stage(proxy, scenario, sessionTimeoutMs);
  await enter(stage);
  const state = stage.session.state.kind;
  const stopping = stage.parts.map(async ([name, stop]): Promise<[string, number]> => {
    const startedMs = performance.now();
    const first = stop();
    if (stop() !== first) throw new Error(`${name}: a second call is another promise`);
    await first;
    return [name, Math.round(performance.now() - startedMs)];
  });
  const stopMs = Object.fromEntries(await Promise.all(stopping));
  const ends = await Promise.all(stage.ends);
  const listeners = stage.session.listenerCount('state');
  const setups = stage.setups;
  const pending = stage.session.pendingOperations;
  if (state === 'suspended') {
    // What could not be withdrawn is, once the server is back; then nothing of it is left in the session.
    await proxy.resume();
    await eventually(() => stage.setups === 0);
    await eventually(async () => (await stage.session.getChildren('/services/db')).children.length === 0);
  }
  await stage.session.stop();
  await proxy.stop();
  return { scenario, state, stopMs, ends, listeners, setups, pending, left: await heldSince() };
}

for (const scenario of Object.keys(SCENARIOS)) console.log(JSON.stringify(await run(scenario)));
