import { isZkError, type ZkError } from './errors.ts';
import { MAX_OPERATIONS_IN_FLIGHT } from './operation-queue.ts';

/**
 * How many nodes are read with one request. A node may have up to a megabyte of data by the server's own limit, and an answer
 * must stay below what is taken for one (64 MiB).
 */
export const NODES_READ_TOGETHER = 60;

/** What became of one node: what was read, or why it could not be. */
export type ReadOutcome<T> = { readonly value: T } | { readonly error: ZkError };

/** What {@link readAll} works with. */
export interface BulkRead<T> {
  readonly paths: Iterable<string>;
  /** Reads at once; at most {@link MAX_OPERATIONS_IN_FLIGHT}. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly read: (path: string, signal: AbortSignal) => Promise<T>;
  /**
   * Reads up to {@link NODES_READ_TOGETHER} nodes with one request; `undefined` when they must be read one by one.
   *
   * @defaultValue all are read one by one
   */
  readonly readTogether?:
    ((paths: readonly string[], signal: AbortSignal) => Promise<readonly ReadOutcome<T>[] | undefined>) | undefined;
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
  const mostTogether = bulk.readTogether === undefined ? 1 : Math.min(NODES_READ_TOGETHER, concurrency);
  const worker = async (): Promise<void> => {
    for (let some = take(paths, mostTogether); some.length > 0; some = take(paths, mostTogether)) {
      const outcomes = await bulk.readTogether?.(some, stopped.signal);
      if (outcomes === undefined) {
        await Promise.all(some.map((path) => readOne(bulk, path, stopped.signal, results)));
        continue;
      }
      for (const [index, outcome] of outcomes.entries()) {
        const path = some[index] ?? '';
        if ('error' in outcome) failed(bulk, path, outcome.error, results);
        else results.set(path, outcome.value);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.floor(concurrency / mostTogether) }, worker));
    return results;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stopped.abort(new Error('the bulk read has ended'));
  }
}

function take(paths: Iterator<string>, most: number): string[] {
  const taken: string[] = [];
  while (taken.length < most) {
    const next = paths.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

async function readOne<T>(
  bulk: BulkRead<T>,
  path: string,
  signal: AbortSignal,
  results: Map<string, T | undefined>,
): Promise<void> {
  try {
    results.set(path, await bulk.read(path, signal));
  } catch (error) {
    failed(bulk, path, error, results);
  }
}

/** Notes a node that is not there or may not be read; throws any other error. */
function failed<T>(
  { onNodeError }: BulkRead<T>,
  path: string,
  error: unknown,
  results: Map<string, T | undefined>,
): void {
  if (isZkError(error, 'NoNode')) results.set(path, undefined);
  else if (onNodeError !== undefined && isZkError(error, 'NoAuth', 'BadArguments')) onNodeError(path, error);
  else throw error;
}
