import { type AclEntry, type AclOption, aclRequest, toAclEntries, toLibraryAcls } from './acl.ts';
import { createMode } from './client-library.ts';
import type { LibraryAcl, LibraryAclRecord, StatRecord } from './client-library-types.ts';
import type { Connection, SendRequest } from './connection.ts';
import type { EphemeralBudget } from './ephemeral-budget.ts';
import { isZkError } from './errors.ts';
import { type MultiOperation, multiRequest, type MultiResult, toMultiResults } from './multi.ts';
import type { OperationQueue } from './operation-queue.ts';
import { assertRequestFits } from './request-size.ts';
import type { NormalizedSessionOptions } from './session-options.ts';
import { toZnodeStat, type ZnodeStat } from './stat.ts';
import { startTimeLimit } from './time-left.ts';
import type { WatchCallback, Watches } from './watches.ts';
import { canonicalPath, parentPath, toServerPath } from './znode-path.ts';

/** What every operation takes. */
export interface OperationOptions {
  /** Aborted: the call rejects with the signal's reason at once; what was sent may still happen. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take, waiting for a connection included, in milliseconds.
   *
   * @defaultValue the session's `operationTimeoutMs`
   */
  readonly timeoutMs?: number | undefined;
}

/** What every read takes. */
export interface ReadOptions extends OperationOptions {
  /**
   * Called at most once when what was read changes, unless the link breaks before. It may be called before
   * the promise's own continuation runs. The same function given to several reads of one path is called once.
   */
  readonly watch?: WatchCallback | undefined;
}

/** What `create` takes. */
export interface CreateOptions extends OperationOptions {
  /** Whether the node goes with the session. @defaultValue false */
  readonly ephemeral?: boolean | undefined;
  /** @defaultValue the session's `acl` */
  readonly acl?: AclOption | undefined;
}

/** What `setData` and `remove` take. */
export interface ChangeOptions extends OperationOptions {
  /** The version that the node must have; 0 is a version like any other. @defaultValue any */
  readonly version?: number | undefined;
}

/** A node's data. */
export interface ZnodeData {
  /** Empty where nobody has set any. */
  readonly data: Uint8Array;
  /** Of the node, at the same moment. */
  readonly stat: ZnodeStat;
}

/** A node's children. */
export interface ZnodeChildren {
  /** Names, not paths, in no order. */
  readonly children: string[];
  /** Of the node, at the same moment. */
  readonly stat: ZnodeStat;
}

/** Who may do what with a node. */
export interface ZnodeAcl {
  /** Without the right to administer the node, the ids of schemes with secrets come as `x`. */
  readonly acl: AclEntry[];
  /** Of the node, at the same moment. */
  readonly stat: ZnodeStat;
}

const ANY_VERSION = -1;
const EMPTY = Buffer.alloc(0);
/** Given to the library so that it asks the server for a watch; the event goes to {@link Watches}. */
const ASK_FOR_WATCH = (): undefined => undefined;

/** What {@link ZnodeOperations} works with. */
export interface OperationPorts {
  readonly options: NormalizedSessionOptions;
  readonly queue: OperationQueue<Connection>;
  readonly watches: Watches;
  readonly ephemerals: EphemeralBudget;
  /** The session that is connected at this moment. */
  readonly sessionId: () => bigint | undefined;
}

/** ZooKeeper's operations as promises over the queue. Their contracts are with the methods of `ZkSession`. */
export class ZnodeOperations {
  readonly #ports: OperationPorts;
  readonly #defaultAcls: LibraryAcl[];

  constructor(ports: OperationPorts) {
    this.#ports = ports;
    this.#defaultAcls = toLibraryAcls(ports.options.acl);
  }

  async create(path: string, data: Uint8Array, options: CreateOptions): Promise<void> {
    const buffer = toBuffer(data);
    const serverPath = this.#serverPath(path);
    const isEphemeral = options.ephemeral === true;
    const acls = options.acl === undefined ? this.#defaultAcls : toLibraryAcls(options.acl);
    const acl = typeof options.acl === 'object' ? options.acl : undefined;
    assertRequestFits([{ serverPath, data, acl }], this.#ports.options.maxRequestBytes, path);
    const request: SendRequest<[string]> = (client, callback) =>
      client.create(serverPath, buffer, acls, createMode(isEphemeral), callback);
    await this.#counted(isEphemeral ? [serverPath] : [], () =>
      this.#createOnce(path, buffer, isEphemeral, options, request),
    );
  }

  /** Repeats a creation whose answer was lost, and recognises what it had made. */
  async #createOnce(
    path: string,
    data: Buffer,
    isEphemeral: boolean,
    options: OperationOptions,
    request: SendRequest<[string]>,
  ): Promise<void> {
    const { signal } = options;
    const leftMs = this.#startTimeLimit(options);
    for (let wasLost = false; ;) {
      try {
        // A next round that has no time left times out by itself.
        const about = { name: 'create', path, isRepeatable: false, options: { signal, timeoutMs: leftMs() } };
        await this.#run(about, request, () => undefined);
        return;
      } catch (error) {
        if (isZkError(error, 'ConnectionLoss')) {
          wasLost = true;
        } else if (wasLost && isZkError(error, 'NodeExists')) {
          // Perhaps the attempt that nobody answered made it.
          const isOurs = await this.#isOurs(path, data, isEphemeral, { signal, timeoutMs: leftMs() });
          if (isOurs === true) return;
          if (isOurs === false) throw error;
        } else {
          throw error;
        }
      }
    }
  }

  ensurePath(path: string, options: OperationOptions & Pick<CreateOptions, 'acl'>): Promise<void> {
    return this.#ensurePath(path, options, this.#startTimeLimit(options));
  }

  async #ensurePath(path: string, options: Pick<CreateOptions, 'acl' | 'signal'>, leftMs: () => number): Promise<void> {
    const { acl, signal } = options;
    if ((await this.exists(path, { signal, timeoutMs: leftMs() })) !== undefined) return;
    const parent = parentPath(path);
    if (parent !== undefined && parent !== '/') await this.#ensurePath(parent, options, leftMs);
    try {
      await this.create(path, EMPTY, { acl, signal, timeoutMs: leftMs() });
    } catch (error) {
      // Somebody else was quicker.
      if (!isZkError(error, 'NodeExists')) throw error;
    }
  }

  getData(path: string, options: ReadOptions, flow?: object): Promise<ZnodeData> {
    const serverPath = this.#serverPath(path);
    const watcher = options.watch === undefined ? undefined : ASK_FOR_WATCH;
    return this.#run<[Buffer | undefined, StatRecord], ZnodeData>(
      { name: 'getData', path, isRepeatable: true, options, flow },
      (client, callback) => client.getData(serverPath, watcher, callback),
      (data, stat) => ({ data: data ?? EMPTY, stat: toZnodeStat(stat) }),
      () => this.#watch('data', path, options.watch),
    );
  }

  getChildren(path: string, options: ReadOptions, flow?: object): Promise<ZnodeChildren> {
    const serverPath = this.#serverPath(path);
    const watcher = options.watch === undefined ? undefined : ASK_FOR_WATCH;
    return this.#run<[string[], StatRecord], ZnodeChildren>(
      { name: 'getChildren', path, isRepeatable: true, options, flow },
      (client, callback) => client.getChildren(serverPath, watcher, callback),
      (children, stat) => ({ children, stat: toZnodeStat(stat) }),
      () => this.#watch('children', path, options.watch),
    );
  }

  exists(path: string, options: ReadOptions): Promise<ZnodeStat | undefined> {
    const serverPath = this.#serverPath(path);
    const watcher = options.watch === undefined ? undefined : ASK_FOR_WATCH;
    return this.#run<[StatRecord | null], ZnodeStat | undefined>(
      { name: 'exists', path, isRepeatable: true, options },
      (client, callback) => client.exists(serverPath, watcher, callback),
      (stat) => (stat === null ? undefined : toZnodeStat(stat)),
      (stat) => this.#watch(stat === undefined ? 'existence' : 'data', path, options.watch),
    );
  }

  getAcl(path: string, options: OperationOptions): Promise<ZnodeAcl> {
    return this.#run<[LibraryAclRecord[], StatRecord], ZnodeAcl>(
      { name: 'getAcl', path, isRepeatable: true, options },
      aclRequest(this.#serverPath(path)),
      (acl, stat) => ({ acl: toAclEntries(acl), stat: toZnodeStat(stat) }),
    );
  }

  setData(path: string, data: Uint8Array, options: ChangeOptions): Promise<ZnodeStat> {
    const serverPath = this.#serverPath(path);
    const buffer = toBuffer(data);
    assertRequestFits([{ serverPath, data }], this.#ports.options.maxRequestBytes, path);
    return this.#run<[StatRecord], ZnodeStat>(
      { name: 'setData', path, isRepeatable: false, options },
      (client, callback) => client.setData(serverPath, buffer, options.version ?? ANY_VERSION, callback),
      toZnodeStat,
    );
  }

  async remove(path: string, options: ChangeOptions): Promise<void> {
    const serverPath = this.#serverPath(path);
    await this.#run<[], undefined>(
      { name: 'remove', path, isRepeatable: false, options },
      (client, callback) => client.remove(serverPath, options.version ?? ANY_VERSION, callback),
      () => undefined,
    );
    this.#ports.ephemerals.remove(serverPath);
  }

  async multi(operations: readonly MultiOperation[], options: OperationOptions): Promise<MultiResult[]> {
    if (operations.length === 0) return [];
    const steps = operations.map((operation) => ({
      operation,
      serverPath: this.#serverPath(operation.path),
      data: 'data' in operation ? toBuffer(operation.data) : EMPTY,
      acls: operation.op === 'create' && operation.acl !== undefined ? toLibraryAcls(operation.acl) : this.#defaultAcls,
    }));
    const path = operations.map((operation) => operation.path).join(', ');
    assertRequestFits(steps.map(toSizedPart), this.#ports.options.maxRequestBytes, path);
    const ephemerals = steps.filter(({ operation }) => operation.op === 'create' && operation.ephemeral === true);
    const results = await this.#counted(
      ephemerals.map(({ serverPath }) => serverPath),
      async () => {
        const about = { name: 'multi', path, isRepeatable: false, options };
        return toMultiResults(operations, await this.#run(about, multiRequest(steps), (answer) => answer));
      },
    );
    for (const { operation, serverPath } of steps) {
      if (operation.op === 'remove' && !ephemerals.some((made) => made.serverPath === serverPath)) {
        this.#ports.ephemerals.remove(serverPath);
      }
    }
    return results;
  }

  /** Runs what makes ephemerals, within the session's budget; gives back what was certainly not made. */
  async #counted<T>(serverPaths: readonly string[], make: () => Promise<T>): Promise<T> {
    const { ephemerals } = this.#ports;
    const added: string[] = [];
    try {
      for (const serverPath of serverPaths) if (ephemerals.add(serverPath)) added.push(serverPath);
      return await make();
    } catch (error) {
      const isCertain = isZkError(error) && (error.serverCode !== undefined || error.code === 'TooManyEphemerals');
      if (isCertain) for (const serverPath of added) ephemerals.remove(serverPath);
      throw error;
    }
  }

  /** Whether the node that stands at `path` is what this create would have made; undefined if none stands. */
  async #isOurs(
    path: string,
    data: Buffer,
    isEphemeral: boolean,
    options: OperationOptions,
  ): Promise<boolean | undefined> {
    const { signal, timeoutMs } = options;
    try {
      const found = await this.getData(path, { signal, timeoutMs });
      if (isEphemeral) return found.stat.ephemeralOwner === this.#ports.sessionId();
      return found.stat.ephemeralOwner === 0n && found.stat.version === 0 && data.equals(found.data);
    } catch (error) {
      if (isZkError(error, 'NoNode')) return undefined;
      throw error;
    }
  }

  #run<Results extends unknown[], T>(
    operation: {
      readonly name: string;
      readonly path: string;
      readonly isRepeatable: boolean;
      readonly options: OperationOptions;
      readonly flow?: object | undefined;
    },
    request: SendRequest<Results>,
    decode: (...results: Results) => T,
    onReply?: (value: T) => void,
  ): Promise<T> {
    const { name, path, isRepeatable, options, flow } = operation;
    return this.#ports.queue.submit<T>({
      description: `${name} ${path}`,
      path,
      isRepeatable,
      timeoutMs: options.timeoutMs ?? this.#ports.options.operationTimeoutMs,
      signal: options.signal,
      flow,
      onReply,
      send: (connection, done) => connection.send(path, request, decode, done),
    });
  }

  /** The time limit of one call, for all its steps together. */
  #startTimeLimit({ timeoutMs }: OperationOptions): () => number {
    const { clock, operationTimeoutMs } = this.#ports.options;
    return startTimeLimit(timeoutMs ?? operationTimeoutMs, () => clock.monotonic());
  }

  #watch(kind: 'data' | 'children' | 'existence', path: string, callback: WatchCallback | undefined): void {
    if (callback === undefined) return;
    this.#ports.watches.add(kind, canonicalPath(this.#ports.options.chroot, path), callback);
  }

  #serverPath(path: string): string {
    return toServerPath(this.#ports.options.chroot, path);
  }
}

function toSizedPart(step: { serverPath: string; data: Buffer; operation: MultiOperation }): {
  serverPath: string;
  data: Buffer;
  acl: Exclude<AclOption, string> | undefined;
} {
  const acl = step.operation.op === 'create' ? step.operation.acl : undefined;
  return { serverPath: step.serverPath, data: step.data, acl: typeof acl === 'object' ? acl : undefined };
}

/** A view of the same bytes: the library takes nothing but buffers, and copies them itself. */
function toBuffer(data: Uint8Array): Buffer {
  if (!(data instanceof Uint8Array)) throw new TypeError('data must be a Uint8Array');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
