import { setTimeout as delay } from 'node:timers/promises';

import { serializeInstance } from '@pulsekeeper/model';
import { Directory, registerInstance, ZkSession, type Registration } from '@pulsekeeper/registry';
import {
  atFullLength,
  eventually,
  seededRandom,
  startEnsemble,
  TcpProxy,
  timeFactor,
  type ZooKeeperEnsemble,
} from '@pulsekeeper/test-support';
import { expect } from 'chai';

/** The same seed gives the same faults in the same order; what the servers make of them is their own. */
const SEED = Number(process.env['PULSEKEEPER_CHAOS_SEED'] ?? 20_251_122);
/** Of faults: a minute in all, two at full length. */
const ROUNDS = Number(process.env['PULSEKEEPER_CHAOS_ROUNDS'] ?? atFullLength(20, 10));
const FAULT_PHASE_MS = 6000;
const REGISTRARS = 20;
const OBSERVERS = 3;
const INSTANCES_EACH = 5;
const SESSION_TIMEOUT_MS = 3000;
/** In the quiet: a lost session is noticed, the next one made, the last ephemerals of the old one expired. */
const SETTLE_MS = 5 * SESSION_TIMEOUT_MS;

/** One way to every server, and what can be done to it. */
class Links {
  readonly connectString: string;
  readonly #proxies: readonly TcpProxy[];

  constructor(proxies: readonly TcpProxy[]) {
    this.#proxies = proxies;
    this.connectString = `${proxies.map(({ address }) => address).join(',')}/chaos`;
  }

  static async open(ensemble: ZooKeeperEnsemble): Promise<Links> {
    return new Links(await Promise.all(ensemble.servers.map(({ port }) => TcpProxy.start({ target: { port } }))));
  }

  async heal(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.resume()));
  }

  async cutAll(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.cut()));
  }

  stallAll(): void {
    for (const proxy of this.#proxies) proxy.stall('both');
  }

  async disturb(random: () => number): Promise<string> {
    const proxy = this.#proxies[Math.floor(random() * this.#proxies.length)]!;
    const faults: [name: string, inflict: () => Promise<void> | void][] = [
      ['reset of all links', () => this.#proxies.forEach((other) => other.reset())],
      ['cut of one server', () => proxy.cut()],
      ['cut of all servers', () => this.cutAll()],
      ['stall of all', () => this.stallAll()],
      ['stall up', () => proxy.stall('up')],
      ['stall down', () => proxy.stall('down')],
      ['delay', () => this.#proxies.forEach((other) => other.delay(50 + Math.floor(random() * 200)))],
      ['accept, then close', () => this.#proxies.forEach((other) => other.acceptThenClose())],
      ['an answer cut in the middle', () => proxy.cutAfter(Math.floor(random() * 40))],
    ];
    const [name, inflict] = faults[Math.floor(random() * faults.length)]!;
    await inflict();
    return name;
  }
}

/** One process of a service, as far as ZooKeeper can tell: a session and its registrations. */
class Registrar {
  readonly index: number;
  readonly links: Links;
  readonly session: ZkSession;
  readonly #registrations = new Map<string, Registration>();
  readonly #data = new Map<string, Uint8Array>();

  constructor(index: number, links: Links) {
    this.index = index;
    this.links = links;
    this.session = new ZkSession({ connectString: links.connectString, sessionTimeoutMs: SESSION_TIMEOUT_MS });
  }

  /** Begins to register all its instances; what fails is tried again for ever. */
  async start(): Promise<void> {
    await this.session.start({ waitForConnection: false });
    for (let number = 0; number < INSTANCES_EACH; number += 1) this.register(number);
  }

  /** By path: what observers should see of this registrar. */
  get truth(): ReadonlyMap<string, Uint8Array> {
    return this.#data;
  }

  register(number: number): void {
    const key = `registrar-${this.index}`;
    const [service, instance] = [`service-${this.index % 4}`, `r${this.index}-i${number}`];
    const path = `/services/${service}/${instance}`;
    if (this.#registrations.has(path)) return;
    const data = serializeInstance({ address: { host: '10.0.0.1', port: 1 + number }, instanceKey: key });
    const graceMs = Number.POSITIVE_INFINITY;
    const options = { service, instance, data, instanceKey: key, nameTakenGraceMs: graceMs };
    const registration = registerInstance(this.session, options);
    this.#registrations.set(path, registration);
    this.#data.set(path, data);
    // Closed before it ever stood: that is no failure here.
    registration.start().catch(() => undefined);
  }

  /** A change of mind: one instance leaves, comes, or changes its data. */
  async act(random: () => number): Promise<string> {
    const number = Math.floor(random() * INSTANCES_EACH);
    const path = [...this.#registrations.keys()][number];
    const choice = random();
    if (path === undefined || choice < 0.4) {
      this.register(number);
      return `registrar ${this.index} registers ${number}`;
    }
    const registration = this.#registrations.get(path);
    if (choice < 0.6) {
      this.#registrations.delete(path);
      this.#data.delete(path);
      await registration?.close();
      return `registrar ${this.index} withdraws ${path}`;
    }
    const key = `registrar-${this.index}`;
    const port = 1 + Math.floor(random() * 60_000);
    const data = serializeInstance({ address: { host: '10.0.0.2', port }, instanceKey: key });
    this.#data.set(path, data);
    registration?.update(data).catch(() => undefined);
    return `registrar ${this.index} updates ${path}`;
  }

  /** Gone as after SIGKILL: nothing is withdrawn, and nobody tells the server. */
  async crash(): Promise<void> {
    await this.links.cutAll();
    await this.session.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#registrations.values()].map((registration) => registration.close()));
    await this.session.stop();
  }
}

describe('registrations and observers among random faults', function () {
  this.timeout((ROUNDS * (FAULT_PHASE_MS + SETTLE_MS) + 60_000) * timeFactor);
  let ensemble: ZooKeeperEnsemble;
  let registrars: Registrar[];
  let observers: { links: Links; session: ZkSession; directory: Directory }[];
  let zombies: Registrar[];
  let history: string[];

  before(async () => {
    ensemble = await startEnsemble(3);
  });

  beforeEach(() => {
    [registrars, observers, zombies, history] = [[], [], [], []];
  });

  afterEach(async function () {
    for (const server of ensemble.servers) server.thaw();
    if (this.currentTest?.state === 'failed') console.log(`seed ${SEED}:\n  ${history.slice(-60).join('\n  ')}`);
    await Promise.all(observers.map(({ directory }) => directory.stop()));
    await Promise.all([...registrars, ...zombies].map((registrar) => registrar.stop()));
    await Promise.all(observers.map(({ session }) => session.stop()));
  });

  function truth(): Map<string, Uint8Array> {
    return new Map(registrars.flatMap((registrar) => [...registrar.truth]));
  }

  function difference(): string[] {
    const ids = new Set([...truth().keys()].map((path) => path.slice('/services/'.length)));
    return observers.flatMap(({ directory: { view } }, index) => [
      ...view.targetIds.filter((id) => !ids.has(id)).map((id) => `observer ${index} should not see ${id}`),
      ...[...ids]
        .filter((id) => !view.targetIds.some((other) => other === id))
        .map((id) => `observer ${index} misses ${id}`),
    ]);
  }

  /** One server at a time: more would be an outage of the whole, which is a test of its own. */
  async function disturbServer(random: () => number): Promise<void> {
    const server = ensemble.servers[Math.floor(random() * ensemble.servers.length)]!;
    if (random() < 0.5) {
      history.push(`server :${server.port} is frozen`);
      server.freeze();
      await delay(500 + random() * 2000);
      server.thaw();
    } else {
      history.push(`server :${server.port} is killed`);
      await server.kill('SIGKILL');
      await delay(random() * 1000);
      await server.start();
    }
  }

  /** The process is gone for its successor, but lives on cut off, as after SIGSTOP: it must not disturb when it is back. */
  async function replace(registrar: Registrar): Promise<void> {
    history.push(`registrar ${registrar.index} becomes a zombie`);
    registrar.links.stallAll();
    zombies.push(registrar);
    const successor = new Registrar(registrar.index, await Links.open(ensemble));
    registrars[registrars.indexOf(registrar)] = successor;
    await successor.start();
  }

  /** The process is killed. Started again at once it registers anew beside what the server still has of it, or nothing. */
  async function kill(registrar: Registrar, random: () => number): Promise<void> {
    const isBackAtOnce = random() < 0.7;
    history.push(`registrar ${registrar.index} is killed, and registers ${isBackAtOnce ? 'again' : 'nothing'}`);
    const successor = new Registrar(registrar.index, await Links.open(ensemble));
    registrars[registrars.indexOf(registrar)] = successor;
    await registrar.crash();
    await (isBackAtOnce ? successor.start() : successor.session.start({ waitForConnection: false }));
  }

  async function faultPhase(random: () => number): Promise<void> {
    const endMs = performance.now() + FAULT_PHASE_MS;
    let serverFault: Promise<void> = Promise.resolve();
    let isServerBusy = false;
    while (performance.now() < endMs) {
      const client = [...registrars, ...observers][Math.floor(random() * (registrars.length + observers.length))]!;
      const choice = random();
      if (choice < 0.45) history.push(await client.links.disturb(random));
      else if (choice < 0.6) await client.links.heal();
      else if (choice < 0.9) {
        const registrar = registrars[Math.floor(random() * registrars.length)]!;
        // Not waited for: closing a registration that is cut off takes its time.
        registrar.act(random).then(
          (what) => history.push(what),
          () => undefined,
        );
      } else if (choice < 0.94) await replace(registrars[Math.floor(random() * registrars.length)]!);
      else if (choice < 0.97) await kill(registrars[Math.floor(random() * registrars.length)]!, random);
      else if (!isServerBusy) {
        isServerBusy = true;
        serverFault = disturbServer(random).finally(() => (isServerBusy = false));
      }
      await delay(20 + random() * 60);
    }
    await serverFault;
  }

  async function quietPhase(round: number): Promise<number> {
    const startMs = performance.now();
    for (const client of [...registrars, ...zombies, ...observers]) await client.links.heal();
    // Back again, a zombie must leave the names to its successors, and may take those that they gave up, until it ends.
    const gone = zombies.splice(0);
    await Promise.all(gone.map(({ session }) => session.whenConnected({ signal: AbortSignal.timeout(SETTLE_MS) })));
    await Promise.all(gone.map((zombie) => zombie.stop()));
    const reader = observers[0]!.session;
    await eventually(
      async () => {
        const wanted = truth();
        const ids = [...wanted.keys()].map((path) => path.slice('/services/'.length)).sort();
        for (const { directory } of observers) expect(directory.view.targetIds).to.deep.equal(ids);
        const owners = new Map(registrars.map(({ index, session }) => [`registrar-${index}`, session.sessionId]));
        for (const [path, node] of await reader.readMany(wanted.keys())) {
          expect(node, `round ${round}: ${path}`).to.not.equal(undefined);
          expect(Buffer.from(node!.data).toString(), path).to.equal(Buffer.from(wanted.get(path)!).toString());
          const { instance_key: key } = JSON.parse(Buffer.from(node!.data).toString()) as { instance_key: string };
          expect(node!.stat.ephemeralOwner, path).to.equal(owners.get(key));
        }
      },
      { timeoutMs: SETTLE_MS, intervalMs: 100 },
    ).catch((error: unknown) => {
      history.push(...difference());
      throw error;
    });
    return performance.now() - startMs;
  }

  it('end with all observers seeing the truth, after each quiet period, and never an empty view', async () => {
    const random = seededRandom(SEED);
    for (let index = 0; index < REGISTRARS; index += 1)
      registrars.push(new Registrar(index, await Links.open(ensemble)));
    await Promise.all(registrars.map((registrar) => registrar.start()));
    for (let index = 0; index < OBSERVERS; index += 1) {
      const links = await Links.open(ensemble);
      const session = new ZkSession({ connectString: links.connectString, sessionTimeoutMs: SESSION_TIMEOUT_MS });
      await session.start();
      const directory = new Directory({ session });
      await directory.start();
      observers.push({ links, session, directory });
    }
    await quietPhase(0);
    let least = Number.POSITIVE_INFINITY;
    for (const { directory } of observers) {
      directory.on('changed', ({ targetIds }) => (least = Math.min(least, targetIds.length)));
    }
    const settledMs: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      history.push(`round ${round}`);
      await faultPhase(random);
      settledMs.push(Math.round(await quietPhase(round)));
    }
    expect(least).to.be.above(0);
    console.log(
      `      seed ${SEED}, ${history.length} events; settled after ${settledMs.join(', ')} ms; least ${least} targets`,
    );
  });
});
