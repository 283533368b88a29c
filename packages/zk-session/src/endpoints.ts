import { isIP } from 'node:net';

import type { ServerAddress } from './connect-string.ts';

/** One place to connect to: an address of one server. */
export interface Endpoint {
  /** The server as the connect string names it; what a certificate is checked against. */
  readonly server: ServerAddress;
  /** An IP address of it. */
  readonly address: string;
}

/** Finds all addresses of a host name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** What {@link Endpoints} works with. */
export interface EndpointsOptions {
  readonly servers: readonly ServerAddress[];
  readonly resolve: ResolveHost;
  /** How long one round of look-ups may take, in milliseconds. */
  readonly resolveTimeoutMs: number;
  readonly random: () => number;
  /** Told of each host name that has no address at this moment. */
  readonly onUnresolved: (host: string, error: Error) => void;
}

/**
 * The addresses to try, one after the other, in an order of its own for every session.
 *
 * Host names are looked up anew for each round, so that an ensemble may move; where a look-up fails or takes
 * too long, the addresses of the last one serve. One that takes too long goes on, alone for its name, and its answer
 * serves the next round. A name with several addresses yields all of them.
 */
export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #known = new Map<string, readonly string[]>();
  readonly #lookUps = new Map<string, Promise<readonly string[]>>();
  #round: Endpoint[] = [];
  #last: Endpoint | undefined;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** True when the next endpoint begins a new round: everything known has been tried. */
  get isRoundOver(): boolean {
    return this.#round.length === 0;
  }

  /** The next endpoint; undefined when no host name has an address. */
  async next(): Promise<Endpoint | undefined> {
    if (this.#round.length === 0) this.#round = await this.#newRound();
    this.#last = this.#round.shift();
    return this.#last;
  }

  /** After a success: all others are to be tried before this one again. */
  restart(): void {
    this.#round = [];
  }

  async #newRound(): Promise<Endpoint[]> {
    const resolved = await Promise.all(this.#options.servers.map((server) => this.#endpointsOf(server)));
    const round = shuffled(resolved.flat(), this.#options.random);
    const again = round.findIndex((endpoint) => isSame(endpoint, this.#last));
    // The one that has just failed goes last.
    if (again !== -1) round.push(...round.splice(again, 1));
    return round;
  }

  async #endpointsOf(server: ServerAddress): Promise<Endpoint[]> {
    const addresses = isIP(server.host) === 0 ? await this.#lookUp(server.host) : [server.host];
    return addresses.map((address) => ({ server, address }));
  }

  async #lookUp(host: string): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer for ${host}`)), this.#options.resolveTimeoutMs);
      timer.unref();
    });
    try {
      return await Promise.race([this.#resolve(host), timeout]);
    } catch (error) {
      const known = this.#known.get(host) ?? [];
      if (known.length === 0) this.#options.onUnresolved(host, error as Error);
      return known;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Joins the look-up of the name that is under way, or begins one: a dead resolver is asked once, not each round. */
  #resolve(host: string): Promise<readonly string[]> {
    let lookUp = this.#lookUps.get(host);
    if (lookUp === undefined) {
      lookUp = this.#options
        .resolve(host)
        .then((addresses) => {
          this.#known.set(host, addresses);
          return addresses;
        })
        .finally(() => this.#lookUps.delete(host));
      this.#lookUps.set(host, lookUp);
      // Nobody may be waiting any more.
      lookUp.catch(() => undefined);
    }
    return lookUp;
  }
}

function isSame(left: Endpoint, right: Endpoint | undefined): boolean {
  return left.address === right?.address && left.server.port === right.server.port;
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, rank: random() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ value }) => value);
}
