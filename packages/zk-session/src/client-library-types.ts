/*
 * What this package uses of node-zookeeper-client 1.1.3, private fields included. The published typings lack
 * most of it. `client-library.ts` checks at run time that every private field named here is really there.
 */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** The library's error, whose `code` is the number on the wire. */
export interface LibraryException extends Error {
  readonly code: number;
}

/** The library's way to answer. */
export type LibraryCallback<Results extends unknown[]> = (
  error: LibraryException | null | undefined,
  ...results: Results
) => void;

/** Given to a read, so that the library asks the server for a watch. */
export type LibraryWatcher = (event: unknown) => void;

/** A znode's stat; 64-bit numbers are big-endian buffers. */
export interface StatRecord {
  readonly czxid: Buffer;
  readonly mzxid: Buffer;
  readonly pzxid: Buffer;
  readonly ctime: Buffer;
  readonly mtime: Buffer;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: Buffer;
  readonly dataLength: number;
  readonly numChildren: number;
}

/** An entry of an access control list. Only handed through. */
export type LibraryAcl = object;

/** An entry of an access control list as it comes from the server. */
export interface LibraryAclRecord {
  readonly perms: number;
  readonly id: { readonly scheme: string; readonly id: string };
}

/** The server's answer to a request that is queued past the library's own callbacks. */
export interface LibraryResponse<Payload> {
  readonly payload: Payload;
}

/** One result of a transaction; `err` is there when it was refused. */
export interface LibraryTransactionResult {
  readonly type: number;
  readonly path?: string;
  readonly stat?: StatRecord;
  readonly err?: number;
}

/** A transaction under construction. `ops` and `connectionManager` are private. */
export interface LibraryTransaction {
  readonly ops: { version?: number }[];
  connectionManager: Pick<LibraryConnectionManager, 'queue'>;
  create(path: string, data: Buffer, acls: readonly LibraryAcl[], mode: number): this;
  check(path: string, version: number): this;
  setData(path: string, data: Buffer, version: number): this;
  remove(path: string, version: number): this;
  commit(callback: LibraryCallback<[LibraryTransactionResult[]]>): void;
}

/** The private half of a client object. */
export interface LibraryConnectionManager {
  state: number;
  socket: Socket | undefined;
  xid: number;
  sessionId: Buffer;
  sessionTimeout: number;
  pendingBuffer: Buffer | null;
  readonly pendingQueue: unknown[];
  readonly packetQueue: EventEmitter & { readonly queue: unknown[] };
  readonly watcherManager: {
    emit: (event: { readonly type: number; readonly path: string }) => void;
    isEmpty: () => boolean;
  };
  connect: () => void;
  /** What the payload is depends on the request. */
  queue: <Payload = { readonly results: LibraryTransactionResult[] }>(
    request: unknown,
    callback: (error: LibraryException | null | undefined, response: LibraryResponse<Payload>) => void,
  ) => void;
  setState(state: number): void;
  onSocketConnected(): void;
  onSocketData(chunk: Buffer): void;
  onSocketDrain(): void;
  onSocketClosed(hadError: boolean): void;
  registerDataWatcher: (path: string, watcher: LibraryWatcher) => void;
  registerChildWatcher: (path: string, watcher: LibraryWatcher) => void;
  registerExistenceWatcher: (path: string, watcher: LibraryWatcher) => void;
}

/** One client object: one ZooKeeper session at most. */
export interface LibraryClient {
  readonly connectionManager: LibraryConnectionManager;
  connect(): void;
  close(): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
  transaction(): LibraryTransaction;
  create(
    path: string,
    data: Buffer,
    acls: readonly LibraryAcl[],
    mode: number,
    callback: LibraryCallback<[string]>,
  ): void;
  remove(path: string, version: number, callback: LibraryCallback<[]>): void;
  setData(path: string, data: Buffer, version: number, callback: LibraryCallback<[StatRecord]>): void;
  getData(
    path: string,
    watcher: LibraryWatcher | undefined,
    callback: LibraryCallback<[Buffer | undefined, StatRecord]>,
  ): void;
  getChildren(
    path: string,
    watcher: LibraryWatcher | undefined,
    callback: LibraryCallback<[string[], StatRecord]>,
  ): void;
  exists(path: string, watcher: LibraryWatcher | undefined, callback: LibraryCallback<[StatRecord | null]>): void;
  getACL(
    this: { readonly options: { readonly retries: number }; readonly connectionManager: { readonly queue: unknown } },
    path: string,
    callback: () => void,
  ): void;
}

/** The library itself. */
export interface LibraryModule {
  createClient(
    connectString: string,
    options: { readonly sessionTimeout: number; readonly retries: number; readonly spinDelay: number },
  ): LibraryClient;
  readonly Id: new (scheme: string, id: string) => object;
  readonly ACL: new (permission: number, id: object) => LibraryAcl;
  readonly CreateMode: { readonly PERSISTENT: number; readonly EPHEMERAL: number };
}
