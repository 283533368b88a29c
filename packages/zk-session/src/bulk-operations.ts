import { readAll, type ReadOutcome } from './bulk-read.ts';
import { isZkError, type ZkError } from './errors.ts';
import { decodeChildren, decodeData, encodeMultiRead, MULTI_READ, type StepKind } from './multi-read.ts';
import { toServerPath } from './znode-path.ts';
import type { OperationOptions, OperationPorts, ReadOptions, ZnodeData, ZnodeOperations } from './znode-operations.ts';

/** What `listMany` takes. */
export interface ListManyOptions extends OperationOptions {
  /** Reads at once, 1 to 256. @defaultValue 128 */
  readonly concurrency?: number | undefined;
  /**
   * Told of each node that may not be read (`NoAuth`) or has an impossible name (`BadArguments`); such a node is
   * left out of the result then. Without it, one such node fails the whole call.
   */
  readonly onNodeError?: ((path: string, error: ZkError) => void) | undefined;
}

/** What `readMany` takes. */
export interface ReadManyOptions extends ListManyOptions, Pick<ReadOptions, 'watch'> {}

const DEFAULT_CONCURRENCY = 128;

/** How one kind of read is done, by itself and together with others. */
interface KindOfRead<T> {
  readonly kind: StepKind;
  readonly decode: (answer: Buffer, paths: readonly string[]) => ReadOutcome<T>[];
  readonly alone: (path: string, signal: AbortSignal, flow: object) => Promise<T>;
}

/** Reads of many nodes, several with one request where the server can. Their contracts are with the methods of `ZkSession`. */
export class BulkOperations {
  readonly #ports: Pick<OperationPorts, 'queue' | 'options'>;
  readonly #operations: ZnodeOperations;
  /** Servers before 3.6 read one node a request. */
  #lacksMultiRead = false;

  constructor(ports: Pick<OperationPorts, 'queue' | 'options'>, operations: ZnodeOperations) {
    this.#ports = ports;
    this.#operations = operations;
  }

  readMany(paths: Iterable<string>, options: ReadManyOptions): Promise<Map<string, ZnodeData | undefined>> {
    const { watch, timeoutMs } = options;
    const alone: KindOfRead<ZnodeData>['alone'] = (path, signal, flow) =>
      this.#operations.getData(path, { watch, timeoutMs, signal }, flow);
    // The server sets no watch for what is read together.
    return this.#readAll(paths, options, { kind: 'data', decode: decodeData, alone }, watch === undefined);
  }

  listMany(paths: Iterable<string>, options: ListManyOptions): Promise<Map<string, string[] | undefined>> {
    const { timeoutMs } = options;
    const alone: KindOfRead<string[]>['alone'] = async (path, signal, flow) =>
      (await this.#operations.getChildren(path, { timeoutMs, signal }, flow)).children;
    return this.#readAll(paths, options, { kind: 'children', decode: decodeChildren, alone }, true);
  }

  #readAll<T>(
    paths: Iterable<string>,
    options: ListManyOptions,
    kindOfRead: KindOfRead<T>,
    isTogether: boolean,
  ): Promise<Map<string, T | undefined>> {
    const flow = {};
    const { timeoutMs } = options;
    return readAll<T>({
      paths,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      signal: options.signal,
      read: (path, signal) => kindOfRead.alone(path, signal, flow),
      readTogether: isTogether
        ? (some, signal) => this.#readTogether(some, kindOfRead, { timeoutMs, signal }, flow)
        : undefined,
      onNodeError: options.onNodeError,
    });
  }

  /** Several nodes with one request; `undefined` where that is not possible, and where it would have to be repeated. */
  async #readTogether<T>(
    paths: readonly string[],
    { kind, decode }: KindOfRead<T>,
    { signal, timeoutMs }: OperationOptions,
    flow: object,
  ): Promise<readonly ReadOutcome<T>[] | undefined> {
    const { queue, options } = this.#ports;
    if (this.#lacksMultiRead) return undefined;
    try {
      const serverPaths = paths.map((path) => toServerPath(options.chroot, path));
      const payload = encodeMultiRead(serverPaths, kind);
      if (payload.length > options.maxRequestBytes) return undefined;
      return await queue.submit<readonly ReadOutcome<T>[]>({
        description: `read of the ${kind} of ${paths.length} nodes`,
        isRepeatable: false,
        timeoutMs: timeoutMs ?? options.operationTimeoutMs,
        signal,
        flow,
        send: (connection, done) =>
          connection.sendBytes(undefined, MULTI_READ, payload, (answer) => decode(answer, paths), done),
      });
    } catch (error) {
      if (isZkError(error, 'Unimplemented')) this.#lacksMultiRead = true;
      // One by one, a path that is none is told apart, and a read that the link broke under is repeated, with a smaller answer.
      else if (!isZkError(error, 'BadArguments', 'ConnectionLoss')) throw error;
      return undefined;
    }
  }
}
