import type { Server } from 'node:net';
import type { InstanceInput, Logger, ZkSessionOptions } from '@pulsekeeper/registry';
import type { MetricsRegistry } from './metrics-handler.ts';

/** How an instance wants to be scraped. Everything left out comes from the service's rule and the cluster's defaults. */
export type ScrapeOptions = Omit<InstanceInput, 'address' | 'instanceKey'>;

/** What {@link register} is told. One of `address`, `port`, `server` and `metrics` must say where the metrics are. */
export interface RegisterOptions extends ScrapeOptions {
  /** Name of the service. */
  readonly service: string;
  /**
   * Name of the instance, unique within the service.
   * @defaultValue `<host name>:<port>`
   */
  readonly instance?: string | undefined;
  /**
   * Where collectors reach the metrics, `host:port`.
   * @defaultValue `host` and the port of `server`, of the own metrics server, or `port`
   */
  readonly address?: InstanceInput['address'] | undefined;
  /**
   * Host part of the address.
   * @defaultValue the address that `server` is bound to, else the first routable address of this host
   */
  readonly host?: string | undefined;
  /**
   * Port of the address. With `metrics`, also the port that the own server listens on; 0 lets the system choose one.
   * @defaultValue with `metrics`, one from 61000 to 65535 that depends on the service's name, or the next of eight that is
   * free, else one that the system chooses: so an instance that is started again mostly has its port, and name, again
   */
  readonly port?: number | undefined;
  /** A server of yours that serves the metrics; its port is taken. It may still be about to listen. */
  readonly server?: Server | undefined;
  /** A prom-client registry to be served on a port of its own, under `path` (default `/metrics`). */
  readonly metrics?: MetricsRegistry | undefined;
  /**
   * Address that the own metrics server listens on.
   * @defaultValue all interfaces
   */
  readonly listenHost?: string | undefined;
  /**
   * ZooKeeper's connect string, with the cluster's chroot.
   * @defaultValue '127.0.0.1:2181/pulsekeeper'
   */
  readonly zookeeper?: string | undefined;
  /**
   * ZooKeeper session timeout: after a crash the registration stands for about this long. A Prometheus duration or ms.
   * @defaultValue '6s'
   */
  readonly sessionTimeout?: string | number | undefined;
  /** Credentials for ZooKeeper. @defaultValue none */
  readonly auth?: ZkSessionOptions['auth'];
  /** Access control list of the znodes that are made. @defaultValue 'open' */
  readonly acl?: ZkSessionOptions['acl'];
  /** TLS to ZooKeeper. @defaultValue plain TCP */
  readonly tls?: ZkSessionOptions['tls'];
  /**
   * How long `register` waits until the registration stands, in ms. When it is over, `register` resolves all the same
   * and the registration goes on in the background, for ever. `0` does not wait; `Infinity` waits for as long as it takes.
   * @defaultValue 2000
   */
  readonly waitMs?: number | undefined;
  /**
   * How long `register` waits for a name that somebody else holds, in ms, before it rejects with `NameTaken`. Only
   * within `waitMs`: a name that is taken later is waited for in the background.
   * @defaultValue 0
   */
  readonly nameTakenGraceMs?: number | undefined;
  /**
   * Signals upon which the registration is withdrawn, e.g. `['SIGTERM']`; then the signal takes its usual course.
   * @defaultValue none
   */
  readonly closeOnSignals?: readonly NodeJS.Signals[] | undefined;
  /**
   * What tells this registrant's own former znode from somebody else's. Set it where host name and process id do not:
   * a znode with the same key is always taken over. No secret.
   * @defaultValue made of host name, process id and a random part
   */
  readonly instanceKey?: string | undefined;
  /** Gives up a `register` that still waits, and undoes what it did. */
  readonly signal?: AbortSignal | undefined;
  /** A pino-compatible logger. @defaultValue silent */
  readonly logger?: Logger | undefined;
}

/** What a registration does when it is told nothing else. */
export const DEFAULT_REGISTER_OPTIONS = {
  zookeeper: '127.0.0.1:2181/pulsekeeper',
  sessionTimeout: '6s',
  path: '/metrics',
  waitMs: 2000,
  nameTakenGraceMs: 0,
  closeOnSignals: [],
} as const satisfies Partial<RegisterOptions>;

const SCRAPE_FIELD_SET: Readonly<Record<keyof ScrapeOptions, true>> = {
  scheme: true,
  path: true,
  interval: true,
  timeout: true,
  retries: true,
  params: true,
  labels: true,
  bodySizeLimit: true,
  sampleLimit: true,
  labelLimit: true,
  labelNameLengthLimit: true,
  labelValueLengthLimit: true,
  credentials: true,
};

/** Fields that describe the scrape, of the options or of a patch. All of them: the compiler asks for each. */
export const SCRAPE_FIELDS = Object.keys(SCRAPE_FIELD_SET) as readonly (keyof ScrapeOptions)[];

/** The part of the options that describes the scrape. */
export function scrapeOptionsOf(options: ScrapeOptions): ScrapeOptions {
  return Object.fromEntries(SCRAPE_FIELDS.filter((field) => field in options).map((field) => [field, options[field]]));
}
