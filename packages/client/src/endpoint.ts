import { once } from 'node:events';
import type { Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Server as TlsServer } from 'node:tls';
import {
  firstRoutableAddress,
  InvalidRegistrationError,
  serializeInstance,
  showValue,
  type InstanceInput,
  type Logger,
} from '@pulsekeeper/registry';
import { formatHostPort, listeningAddress, splitHostPort } from './host-address.ts';
import type { MetricsRegistry } from './metrics-handler.ts';
import { startMetricsServer } from './metrics-server.ts';
import { preferredPorts } from './preferred-ports.ts';
import { DEFAULT_REGISTER_OPTIONS, type RegisterOptions } from './register-options.ts';

/** Where the metrics of an instance are, and what was opened to serve them. */
export interface Endpoint {
  readonly address: InstanceInput['address'];
  readonly host: string;
  readonly port: number;
  /** Set when a `node:https` server was given and no scheme. */
  readonly scheme: 'https' | undefined;
  /** The own metrics server, which speaks plain HTTP under the paths that it is told. */
  readonly own?: OwnServer | undefined;
  readonly close: () => Promise<void>;
}

/** What a registered service may still ask of the own metrics server. */
export interface OwnServer {
  /** Answers under this path, too. */
  readonly servePath: (path: string) => void;
  /** Whether collectors speak to it directly, rather than to something that is in front of it at another address. */
  readonly isReachedDirectly: boolean;
}

/**
 * Finds out where the metrics are, and serves them when that is asked for.
 *
 * @throws InvalidRegistrationError when the options do not say it, or say it twice; what the server cannot listen for.
 */
export async function openEndpoint(options: RegisterOptions, logger: Logger): Promise<Endpoint> {
  checkEndpointOptions(options);
  if (options.metrics !== undefined) return openOwnServer(options.metrics, options, logger);
  if (options.server !== undefined) return useServer(options.server, options);
  if (options.address !== undefined) return { ...toParts(options.address), scheme: undefined, close: nothing };
  return { ...joinParts(hostOf(options, undefined), options.port ?? 0), scheme: undefined, close: nothing };
}

function checkEndpointOptions(options: RegisterOptions): void {
  const { address, port, server, metrics, host, listenHost, scheme } = options;
  if (address === undefined && port === undefined && server === undefined && metrics === undefined) {
    throw new InvalidRegistrationError('address', 'missing', 'one of address, port, server and metrics');
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= (metrics === undefined ? 1 : 0) && port <= 65_535)) {
    throw new InvalidRegistrationError(
      'port',
      showValue(port),
      `an integer from ${metrics === undefined ? 1 : 0} to 65535`,
    );
  }
  if (server !== undefined && metrics !== undefined) {
    throw new InvalidRegistrationError(
      'metrics',
      'given together with server',
      'one of them; metricsHandler serves metrics on a server of yours',
    );
  }
  if (server !== undefined && port !== undefined) {
    throw new InvalidRegistrationError(
      'port',
      'given together with server',
      'one of them; the port of the server is taken',
    );
  }
  if (address !== undefined && port !== undefined && metrics === undefined) {
    throw new InvalidRegistrationError('port', 'given together with address', 'one of them; the address has a port');
  }
  if (listenHost !== undefined && metrics === undefined) {
    throw new InvalidRegistrationError(
      'listenHost',
      'given without metrics',
      'with metrics, whose server listens there',
    );
  }
  if (scheme !== undefined && metrics !== undefined && address === undefined) checkOwnScheme(scheme);
  // Nothing is listened on for an address that nobody can be registered with.
  if (address !== undefined) serializeInstance({ address });
  if (address !== undefined && host !== undefined) {
    throw new InvalidRegistrationError('host', 'given together with address', 'one of them');
  }
}

/** @throws InvalidRegistrationError for `https`, which the own server does not speak. */
export function checkOwnScheme(scheme: InstanceInput['scheme']): void {
  if (scheme === undefined || scheme === 'http') return;
  const allowed = '"http" for the own metrics server; with an address, what is in front of it may speak https';
  throw new InvalidRegistrationError('scheme', showValue(scheme), allowed);
}

async function openOwnServer(metrics: MetricsRegistry, options: RegisterOptions, logger: Logger): Promise<Endpoint> {
  const given = options.address === undefined ? undefined : toParts(options.address);
  const server = await startMetricsServer({
    metrics,
    ports: portsOf(options.port ?? given?.port, options.service),
    host: options.listenHost,
    path: options.path ?? DEFAULT_REGISTER_OPTIONS.path,
    logger,
  });
  const parts = given ?? joinParts(hostOf(options, server.host), server.port);
  const own = { servePath: server.servePath, isReachedDirectly: given === undefined };
  return { ...parts, scheme: undefined, own, close: () => server.close() };
}

function portsOf(port: number | undefined, service: string): number[] {
  return port === undefined ? [...preferredPorts(service), 0] : [port];
}

async function useServer(server: Server, options: RegisterOptions): Promise<Endpoint> {
  const { signal } = options;
  // Rejects with what the server cannot listen for.
  if (!server.listening) await once(server, 'listening', signal === undefined ? {} : { signal });
  const listening = listeningAddress(server);
  if (listening === undefined) {
    throw new InvalidRegistrationError('server', 'not listening on a TCP port', 'a server with a TCP port');
  }
  const scheme = server instanceof TlsServer ? 'https' : undefined;
  const parts = options.address === undefined ? undefined : toParts(options.address);
  return { ...(parts ?? joinParts(hostOf(options, listening.host), listening.port)), scheme, close: nothing };
}

/** The address of a host without a network. */
const LOOPBACK = '127.0.0.1';

function hostOf(options: RegisterOptions, boundTo: string | undefined): string {
  return options.host ?? boundTo ?? firstRoutableAddress(networkInterfaces()) ?? LOOPBACK;
}

function joinParts(host: string, port: number): Pick<Endpoint, 'address' | 'host' | 'port'> {
  return { address: formatHostPort(host, port), host, port };
}

/** The parts serve names and listening; whether the address is right is checked where the record is made. */
function toParts(address: InstanceInput['address']): Pick<Endpoint, 'address' | 'host' | 'port'> {
  const { host, port } = typeof address === 'string' ? splitHostPort(address) : address;
  return { address, host, port };
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
