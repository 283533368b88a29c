import { EventEmitter } from 'node:events';
import {
  ZkError,
  type ListManyOptions,
  type MultiOperation,
  type SessionEvents,
  type SessionState,
  type SetupFunction,
  type WatchCallback,
  type WatchEventType,
  type ZkErrorCode,
  type ZnodeStat,
} from '@pulsekeeper/zk-session';
import type { RegistrySession } from '../../src/registry-session.ts';

interface FakeNode {
  data: Uint8Array;
  owner: bigint;
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  version: number;
  ctimeMs: number;
}

/** One tree of znodes that several fake sessions share. Answers come in the next turn of the event loop. */
export class FakeTree {
  readonly nodes = new Map<string, FakeNode>();
  readonly watches: { path: string; kind: 'data' | 'children' | 'existence'; callback: WatchCallback }[] = [];
  #zxid = 0n;

  constructor() {
    this.put('/');
  }

  /** Creates or replaces a node, and its parents, as somebody else would. */
  put(path: string, data: Uint8Array | string = '', owner = 0n): void {
    const parent = path.slice(0, Math.max(1, path.lastIndexOf('/')));
    if (path !== '/' && !this.nodes.has(parent)) this.put(parent);
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.#zxid += 1n;
    const known = this.nodes.get(path);
    if (known !== undefined) {
      Object.assign(known, { data: bytes, mzxid: this.#zxid, version: known.version + 1 });
      this.#fire(path, 'NodeDataChanged');
      return;
    }
    const zxid = this.#zxid;
    this.nodes.set(path, {
      data: bytes,
      owner,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      version: 0,
      ctimeMs: Date.now(),
    });
    this.#fire(path, 'NodeCreated');
    if (path !== '/') this.#fire(parent, 'NodeChildrenChanged');
  }

  /** Deletes a node and everything below it. */
  delete(path: string): void {
    for (const child of [...this.nodes.keys()]) {
      if (child !== path && !child.startsWith(`${path}/`)) continue;
      this.#zxid += 1n;
      this.nodes.delete(child);
      this.#fire(child, 'NodeDeleted');
      this.#fire(child.slice(0, Math.max(1, child.lastIndexOf('/'))), 'NodeChildrenChanged');
    }
  }

  /** Everything is gone, as after the loss of a server's disk; nobody is told. */
  wipe(): void {
    this.nodes.clear();
    this.watches.length = 0;
    this.put('/');
  }

  children(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const below = [...this.nodes.keys()].filter((other) => other !== '/' && other.startsWith(prefix));
    return below.map((other) => other.slice(prefix.length)).filter((name) => !name.includes('/'));
  }

  stat(path: string): ZnodeStat {
    const node = this.node(path);
    const numChildren = this.children(path).length;
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      pzxid: node.pzxid,
      ctimeMs: node.ctimeMs,
      mtimeMs: node.ctimeMs,
      version: node.version,
      childrenVersion: 0,
      aclVersion: 0,
      ephemeralOwner: node.owner,
      dataLength: node.data.byteLength,
      numChildren,
    };
  }

  node(path: string): FakeNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new ZkError('NoNode', `NoNode on ${path}`, { path });
    return node;
  }

  #fire(path: string, type: WatchEventType): void {
    const told = { NodeCreated: 'existence', NodeDataChanged: 'data', NodeChildrenChanged: 'children' } as const;
    const due = this.watches.filter(
      (watch) => watch.path === path && (type === 'NodeDeleted' || told[type] === watch.kind),
    );
    const callbacks = new Set(due.map((watch) => watch.callback));
    for (const watch of due) this.watches.splice(this.watches.indexOf(watch), 1);
    for (const callback of callbacks) setImmediate(() => callback({ type, path }));
  }
}

let sessionIds = 0n;

/** A session over a {@link FakeTree}: its calls are counted, and can be made to fail or to wait. */
export class FakeSession extends EventEmitter<SessionEvents> implements RegistrySession {
  readonly tree: FakeTree;
  /** Every call, as `getData /path`. */
  readonly calls: string[] = [];
  /** Gives the error of a call, or undefined; asked before the call is done. */
  failWith: (call: string) => ZkErrorCode | undefined = () => undefined;
  /** As {@link failWith}, but the call is done before its answer is lost. */
  loseAnswerOf: (call: string) => boolean = () => false;
  /** Awaited before each call. */
  gate: (call: string) => Promise<void> = () => Promise.resolve();
  readonly #setups = new Set<SetupFunction>();
  #state: SessionState;
  #generation = 0;

  constructor(tree: FakeTree, { isConnected = true } = {}) {
    super();
    this.tree = tree;
    this.#state = { kind: 'connecting', sinceMs: 0 };
    if (isConnected) this.connect();
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionId(): bigint {
    if ('sessionId' in this.#state) return this.#state.sessionId;
    throw new TypeError('there is no session');
  }

  /** A new session, or the old one again after {@link suspend}. */
  connect(): void {
    const isSame = this.#state.kind === 'suspended';
    if (!isSame) {
      sessionIds += 1n;
      this.#generation += 1;
    }
    const sessionId = isSame ? this.sessionId : sessionIds;
    const generation = this.#generation;
    this.#to({ kind: 'connected', sinceMs: 0, sessionId, generation, sessionTimeoutMs: 4000, server: 'fake' });
    for (const setup of this.#setups) this.#runSetup(setup);
  }

  suspend(): void {
    const cause = new Error('the link broke');
    this.#to({ kind: 'suspended', sinceMs: 0, sessionId: this.sessionId, generation: this.#generation, cause });
  }

  /** The session is over; with `keepNodes` the server has not noticed yet. */
  lose({ keepNodes = false } = {}): void {
    const { sessionId } = this;
    const cause = new ZkError('SessionExpired', 'expired');
    this.#to({ kind: 'lost', sinceMs: 0, sessionId, generation: this.#generation, cause });
    if (!keepNodes) this.dropNodesOf(sessionId);
  }

  close(): void {
    this.#to({ kind: 'closed', sinceMs: 0, reason: undefined });
  }

  dropNodesOf(sessionId: bigint): void {
    for (const [path, node] of [...this.tree.nodes]) if (node.owner === sessionId) this.tree.delete(path);
  }

  /** How many setups stand. */
  get setupCount(): number {
    return this.#setups.size;
  }

  removeWatch(path: string, callback: WatchCallback): void {
    const { watches } = this.tree;
    const rest = watches.filter((watch) => watch.path !== path || watch.callback !== callback);
    watches.splice(0, watches.length, ...rest);
  }

  addSetup(setup: SetupFunction): () => void {
    this.#setups.add(setup);
    if (this.#state.kind === 'connected') this.#runSetup(setup);
    return () => this.#setups.delete(setup);
  }

  create(path: string, data: Uint8Array, options: { ephemeral?: boolean | undefined } = {}): Promise<void> {
    return this.#call(`create ${path}`, () => this.#create(path, data, options.ephemeral === true));
  }

  ensurePath(path: string): Promise<void> {
    return this.#call(`ensurePath ${path}`, () => {
      if (!this.tree.nodes.has(path)) this.tree.put(path);
    });
  }

  getData(
    path: string,
    options: { watch?: WatchCallback | undefined } = {},
  ): Promise<{ data: Uint8Array; stat: ZnodeStat }> {
    return this.#call(`getData ${path}`, () => {
      const { data } = this.tree.node(path);
      this.#watch('data', path, options.watch);
      return { data, stat: this.tree.stat(path) };
    });
  }

  readMany(
    paths: Iterable<string>,
    options: ListManyOptions = {},
  ): Promise<Map<string, { data: Uint8Array; stat: ZnodeStat } | undefined>> {
    return this.#many(paths, options, (path) => this.getData(path));
  }

  listMany(paths: Iterable<string>, options: ListManyOptions = {}): Promise<Map<string, string[] | undefined>> {
    return this.#many(paths, options, async (path) => (await this.getChildren(path)).children);
  }

  async #many<T>(
    paths: Iterable<string>,
    { onNodeError }: ListManyOptions,
    readOne: (path: string) => Promise<T>,
  ): Promise<Map<string, T | undefined>> {
    const nodes = new Map<string, T | undefined>();
    const read = async (path: string): Promise<void> => {
      try {
        nodes.set(path, await readOne(path));
      } catch (error) {
        if (!(error instanceof ZkError)) throw error;
        if (error.code === 'NoNode') nodes.set(path, undefined);
        else if (error.code === 'NoAuth' && onNodeError !== undefined) onNodeError(path, error);
        else throw error;
      }
    };
    await Promise.all([...paths].map(read));
    return nodes;
  }

  getChildren(
    path: string,
    options: { watch?: WatchCallback | undefined } = {},
  ): Promise<{ children: string[]; stat: ZnodeStat }> {
    return this.#call(`getChildren ${path}`, () => {
      const stat = this.tree.stat(path);
      this.#watch('children', path, options.watch);
      return { children: this.tree.children(path), stat };
    });
  }

  exists(path: string, options: { watch?: WatchCallback | undefined } = {}): Promise<ZnodeStat | undefined> {
    return this.#call(`exists ${path}`, () => {
      const isThere = this.tree.nodes.has(path);
      this.#watch(isThere ? 'data' : 'existence', path, options.watch);
      return isThere ? this.tree.stat(path) : undefined;
    });
  }

  setData(path: string, data: Uint8Array, options: { version?: number | undefined } = {}): Promise<ZnodeStat> {
    return this.#call(`setData ${path}`, () => {
      this.#checkVersion(path, options.version);
      this.tree.put(path, data);
      return this.tree.stat(path);
    });
  }

  remove(path: string, options: { version?: number | undefined } = {}): Promise<void> {
    return this.#call(`remove ${path}`, () => {
      this.#checkVersion(path, options.version);
      this.tree.delete(path);
    });
  }

  multi(operations: readonly MultiOperation[]): Promise<[]> {
    const call = `multi ${operations.map((operation) => `${operation.op} ${operation.path}`).join(', ')}`;
    return this.#call(call, () => {
      // All or nothing, as far as our transactions go: none changes a node twice and compares its version.
      for (const operation of operations) {
        if (operation.op === 'setData') this.#checkVersion(operation.path, operation.version);
      }
      for (const operation of operations) {
        if (operation.op === 'remove') {
          this.#checkVersion(operation.path, operation.version);
          this.tree.delete(operation.path);
        } else if (operation.op === 'create') {
          this.#create(operation.path, operation.data, operation.ephemeral === true);
        } else if (operation.op === 'setData') {
          this.tree.put(operation.path, operation.data);
        } else throw new TypeError(`the fake does not know ${operation.op}`);
      }
      return [];
    });
  }

  #create(path: string, data: Uint8Array, isEphemeral: boolean): void {
    if (this.tree.nodes.has(path)) throw new ZkError('NodeExists', `NodeExists on ${path}`, { path });
    this.tree.node(path.slice(0, Math.max(1, path.lastIndexOf('/'))));
    this.tree.put(path, data, isEphemeral ? this.sessionId : 0n);
  }

  #checkVersion(path: string, version: number | undefined): void {
    if (version === undefined || this.tree.node(path).version === version) return;
    throw new ZkError('BadVersion', `BadVersion on ${path}`, { path });
  }

  #watch(kind: 'data' | 'children' | 'existence', path: string, callback: WatchCallback | undefined): void {
    if (callback !== undefined) this.tree.watches.push({ kind, path, callback });
  }

  async #call<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call);
    await this.gate(call);
    await new Promise((resolve) => setImmediate(resolve));
    const code = this.#state.kind === 'connected' ? this.failWith(call) : 'ConnectionLoss';
    if (code !== undefined) throw new ZkError(code, `${code} of ${call}`);
    const result = work();
    if (this.loseAnswerOf(call)) throw new ZkError('ConnectionLoss', `ConnectionLoss of ${call}`);
    return result;
  }

  #runSetup(setup: SetupFunction): void {
    const { signal } = new AbortController();
    const context = { reason: 'new-session', sessionId: this.sessionId, generation: this.#generation, signal } as const;
    // What fails is repeated after the next connection; the real session repeats it sooner as well.
    Promise.resolve(setup(context)).catch(() => undefined);
  }

  #to(next: SessionState): void {
    const previous = this.#state;
    this.#state = next;
    this.emit('state', next, previous);
  }
}
