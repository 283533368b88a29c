// @ts-expect-error -- the published typings lack what is needed here; client-library-types.ts has it
import library from 'node-zookeeper-client';

import type { LibraryAcl, LibraryClient, LibraryConnectionManager, LibraryModule } from './client-library-types.ts';
import { ZkError } from './errors.ts';

const zookeeper = library as LibraryModule;

/** `connectionManager.state`, as far as this package looks at it. */
export const LIBRARY_STATE = { connecting: 1, connected: 2, sessionExpired: -3, authenticationFailed: -4 } as const;

/** Wire codes that the library can turn into an error; it throws inside its data handler for any other. */
export const CODES_KNOWN_TO_LIBRARY: ReadonlySet<number> = new Set([
  0, -1, -2, -3, -4, -5, -6, -7, -8, -100, -101, -102, -103, -108, -110, -111, -112, -113, -114, -115,
]);

const PRIVATE_FUNCTIONS = [
  'connect',
  'queue',
  'setState',
  'onSocketConnected',
  'onSocketData',
  'onSocketDrain',
  'onSocketClosed',
  'registerDataWatcher',
  'registerChildWatcher',
  'registerExistenceWatcher',
] as const satisfies readonly (keyof LibraryConnectionManager)[];

/**
 * A new client object, not connected.
 *
 * The server list given to the library is never used: this package opens the sockets itself.
 *
 * @throws {@link ZkError} `IncompatibleClientLibrary` when a private field that this package relies on is not there.
 */
export function createLibraryClient(sessionTimeoutMs: number): LibraryClient {
  const client = zookeeper.createClient('127.0.0.1:2181', {
    sessionTimeout: sessionTimeoutMs,
    // A lost create must come back to us: only we know whether repeating it is safe.
    retries: 0,
    spinDelay: 1000,
  });
  assertPrivateFields(client);
  return client;
}

/** Entry of an access control list in the library's form; `permission` is a sum of the `PERMISSION` bits. */
export function createLibraryAcl(permission: number, scheme: string, id: string): LibraryAcl {
  return new zookeeper.ACL(permission, new zookeeper.Id(scheme, id));
}

/** The library's flag for `create`. */
export function createMode(isEphemeral: boolean): number {
  return isEphemeral ? zookeeper.CreateMode.EPHEMERAL : zookeeper.CreateMode.PERSISTENT;
}

/**
 * Fails loudly, at the first session, when an update of the library moved something that is used here.
 *
 * @throws {@link ZkError} `IncompatibleClientLibrary`, naming every field that is missing.
 */
export function assertPrivateFields(client: LibraryClient): void {
  const missing = missingPrivateFields(client);
  if (missing.length === 0) return;
  throw new ZkError('IncompatibleClientLibrary', `node-zookeeper-client lacks ${missing.join(', ')}`);
}

function missingPrivateFields(client: unknown): string[] {
  const manager = property(client, 'connectionManager');
  const transaction = property(client, 'transaction');
  const made: unknown = typeof transaction === 'function' ? transaction.call(client) : undefined;
  const checks: Record<string, boolean> = {
    'connectionManager.state': typeof property(manager, 'state') === 'number',
    'connectionManager.xid': typeof property(manager, 'xid') === 'number',
    'connectionManager.sessionTimeout': typeof property(manager, 'sessionTimeout') === 'number',
    'connectionManager.sessionId': Buffer.isBuffer(property(manager, 'sessionId')),
    'connectionManager.pendingBuffer': property(manager, 'pendingBuffer') === null,
    'connectionManager.pendingQueue': Array.isArray(property(manager, 'pendingQueue')),
    'connectionManager.packetQueue.queue': Array.isArray(property(property(manager, 'packetQueue'), 'queue')),
    'connectionManager.watcherManager.emit': isMethod(property(manager, 'watcherManager'), 'emit'),
    'connectionManager.watcherManager.isEmpty': isMethod(property(manager, 'watcherManager'), 'isEmpty'),
    'transaction().ops': Array.isArray(property(made, 'ops')),
    'transaction().connectionManager': property(made, 'connectionManager') === manager,
  };
  for (const name of PRIVATE_FUNCTIONS) checks[`connectionManager.${name}`] = isMethod(manager, name);
  return Object.keys(checks).filter((name) => checks[name] !== true);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isMethod(value: unknown, name: string): boolean {
  return typeof property(value, name) === 'function';
}
