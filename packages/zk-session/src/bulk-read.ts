import { isZkError, type ZkError } from './errors.ts';
import { MAX_OPERATIONS_IN_FLIGHT } from './operation-queue.ts';

/** What {@link readAll} works with. */
export interface BulkRead<T> {
  readonly paths: Iterable<string>;
  /** Reads at once; at most {@link MAX_OPERATIONS_IN_FLIGHT}. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly read: (path: string, signal: AbortSignal) => Promise<T>;
  /** Told of a node that cannot be read; without it such a node fails the whole. */
  readonly onNodeError: ((path: string, error: ZkError) => void) | undefined;
}

/**
 * Reads each path, `concurrency` at a time; a node that is not there is `undefined` in the result.
 *
 * Memory is that of the result and of `concurrency` requests. The first error that is not a single node's
 * aborts the rest.
 *
 * @throws what `read` throws; RangeError for a concurrency outside 1 to 256.
 */
export async function readAll<T>(bulk: BulkRead<T>): Promise<Map<string, T | undefined>> {
  const { concurrency, signal } = bulk;
  if (!(concurrency >= 1 && concurrency <= MAX_OPERATIONS_IN_FLIGHT)) {
    throw new RangeError(`concurrency must be between 1 and ${MAX_OPERATIONS_IN_FLIGHT}, and is ${concurrency}`);
  }
  const stopped = new AbortController();
  const onAbort = (): void => stopped.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', onAbort, { once: true });
  const results = new Map<string, T | undefined>();
  const paths = bulk.paths[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = paths.next(); next.done !== true; next = paths.next()) {
      await readOne(bulk, next.value, stopped.signal, results);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    return results;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stopped.abort(new Error('the bulk read has ended'));
  }
}

async function readOne<T>(
  { read, onNodeError }: BulkRead<T>,
  path: string,
  signal: AbortSignal,
  results: Map<string, T | undefined>,
): Promise<void> {
  try {
    results.set(path, await read(path, signal));
  } catch (error) {
    if (isZkError(error, 'NoNode')) results.set(path, undefined);
    else if (onNodeError !== undefined && isZkError(error, 'NoAuth', 'BadArguments')) onNodeError(path, error);
    else throw error;
  }
}
