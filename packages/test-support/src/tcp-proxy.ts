import { connect, createServer, type Server, type Socket } from 'node:net';

import { registerCleanup } from './cleanup-registry.ts';
import { freePort, retryOnBindFailure } from './free-port.ts';
import { TestSupportError } from './errors.ts';
import { NarrowLane } from './narrow-lane.ts';
import { ProxyPipe } from './proxy-pipe.ts';
import { resetSocket } from './reset-socket.ts';

/** From the client to the target (`up`), from the target to the client (`down`), or `both`. */
export type ProxyDirection = 'up' | 'down' | 'both';

/** What the proxy stands in front of. */
export interface TcpProxyOptions {
  target: { host?: string | undefined; port: number };
  /** @defaultValue a free port */
  port?: number | undefined;
}

/** What the proxy has seen. */
export interface TcpProxyStats {
  /** Connections accepted since the start, those closed at once included. */
  accepted: number;
  /** Connections open now. */
  open: number;
  /** Bytes forwarded to the target and to the clients. */
  bytesUp: number;
  bytesDown: number;
}

interface Link {
  client: Socket;
  upstream: Socket;
  up: ProxyPipe;
  down: ProxyPipe;
}

/**
 * A TCP proxy on loopback that can do to a connection what networks do: cut it, swallow one direction or both, delay or narrow it,
 * cut it in the middle of an answer, or accept and close at once. The faults hold for present and for later connections
 * until {@link TcpProxy.resume}.
 */
export class TcpProxy {
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  #target: { host: string; port: number };
  readonly #links = new Set<Link>();
  readonly #stats = { accepted: 0, bytesUp: 0, bytesDown: 0 };
  #server: Server | undefined;
  #stalled: ReadonlySet<'up' | 'down'> = new Set();
  #delayMs = 0;
  #lanes: Readonly<Record<'up' | 'down', NarrowLane>> | undefined;
  #closesAtOnce = false;
  #bytesLeftDown: number | undefined;
  #stopped: Promise<void> | undefined;
  #unregister: () => void = () => undefined;

  private constructor(port: number, target: TcpProxyOptions['target']) {
    this.port = port;
    this.address = `127.0.0.1:${port}`;
    this.#target = { host: target.host ?? '127.0.0.1', port: target.port };
  }

  /** Starts a proxy in front of `target`. */
  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    return retryOnBindFailure(async () => {
      const proxy = new TcpProxy(options.port ?? (await freePort()), options.target);
      await proxy.#listen();
      proxy.#unregister = registerCleanup({ name: `proxy :${proxy.port}`, run: () => proxy.stop() });
      return proxy;
    });
  }

  get stats(): TcpProxyStats {
    return { ...this.#stats, open: this.#links.size };
  }

  /** Connections from now on go to another target; those that stand stay with theirs, as after a change of a name's address. */
  retarget(target: TcpProxyOptions['target']): void {
    this.#target = { host: target.host ?? '127.0.0.1', port: target.port };
  }

  /** Resets all connections and refuses new ones, as a host that is gone does. Resolves once the port is closed. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
    this.reset();
    await closed;
  }

  /** Resets all present connections; new ones are served. */
  reset(): void {
    for (const { client, upstream } of this.#links) {
      resetSocket(client);
      resetSocket(upstream);
    }
    this.#links.clear();
  }

  /** Holds all bytes of one direction or both, as a link that drops packets does: nobody is told, nothing is lost. */
  stall(direction: ProxyDirection = 'both'): void {
    this.#stalled = new Set(direction === 'both' ? ['up', 'down'] : [direction]);
    this.#applyToAll();
  }

  /** Delays every byte, in each direction, by `ms`. */
  delay(ms: number): void {
    this.#delayMs = ms;
    this.#applyToAll();
  }

  /** Carries so many bytes a second in each direction, over all connections together: a narrow link. */
  narrow(bytesPerSecond: number): void {
    this.#lanes = { up: new NarrowLane(bytesPerSecond), down: new NarrowLane(bytesPerSecond) };
    this.#applyToAll();
  }

  /** Whether new connections are closed as soon as they are accepted. */
  acceptThenClose(closesAtOnce = true): void {
    this.#closesAtOnce = closesAtOnce;
  }

  /**
   * Forwards `bytes` more to the clients, counted over all connections, and ends the connection there: an answer is cut
   * in the middle. Later connections end before their first byte, until {@link TcpProxy.resume}.
   */
  cutAfter(bytes: number): void {
    this.#bytesLeftDown = bytes;
  }

  /** Ends all faults: listens again, and sends what was held. */
  async resume(): Promise<void> {
    this.#stalled = new Set();
    this.#delayMs = 0;
    this.#lanes = undefined;
    this.#closesAtOnce = false;
    this.#bytesLeftDown = undefined;
    this.#applyToAll();
    if (this.#server === undefined) await this.#listen();
  }

  /** Ends it for good. Every caller gets the same promise. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#unregister();
      await this.cut();
    })();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new TestSupportError('BindFailed', `the proxy cannot listen on ${this.address}`, { cause })),
      );
      server.listen({ port: this.port, host: '127.0.0.1' }, resolve);
    });
    this.#server = server;
  }

  #accept(client: Socket): void {
    this.#stats.accepted += 1;
    client.on('error', () => undefined); // A reset by the client ends in `close`, which is handled.
    if (this.#closesAtOnce) {
      client.destroy();
      return;
    }
    const upstream = connect({ ...this.#target, allowHalfOpen: true });
    upstream.on('error', () => resetSocket(client));
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const up = new ProxyPipe(client, upstream, (bytes) => {
      this.#stats.bytesUp += bytes;
      return bytes;
    });
    const down = new ProxyPipe(upstream, client, (bytes) => this.#countDown(bytes));
    const link: Link = { client, upstream, up, down };
    this.#links.add(link);
    this.#apply(link);
    const end = (): void => {
      if (!this.#links.delete(link)) return;
      client.destroy();
      upstream.destroy();
    };
    client.on('close', end);
    upstream.on('close', end);
  }

  /** How many of `bytes` may still go to the client. */
  #countDown(bytes: number): number {
    const allowed = Math.min(bytes, this.#bytesLeftDown ?? bytes);
    if (this.#bytesLeftDown !== undefined) this.#bytesLeftDown -= allowed;
    this.#stats.bytesDown += allowed;
    return allowed;
  }

  #applyToAll(): void {
    for (const link of this.#links) this.#apply(link);
  }

  #apply({ up, down }: Link): void {
    up.set({ isStalled: this.#stalled.has('up'), delayMs: this.#delayMs, lane: this.#lanes?.up });
    down.set({ isStalled: this.#stalled.has('down'), delayMs: this.#delayMs, lane: this.#lanes?.down });
  }
}
