import type { AclOption } from './acl.ts';
import { createMode } from './client-library.ts';
import type { LibraryAcl, LibraryTransactionResult } from './client-library-types.ts';
import type { SendRequest } from './connection.ts';
import { ZkError } from './errors.ts';
import { toZnodeStat, type ZnodeStat } from './stat.ts';

/** One step of a `multi`. Without a version, any version will do; version 0 is checked like any other. */
export type MultiOperation =
  | {
      readonly op: 'create';
      readonly path: string;
      readonly data: Uint8Array;
      readonly ephemeral?: boolean | undefined;
      readonly acl?: AclOption | undefined;
    }
  | { readonly op: 'remove'; readonly path: string; readonly version?: number | undefined }
  | {
      readonly op: 'setData';
      readonly path: string;
      readonly data: Uint8Array;
      readonly version?: number | undefined;
    }
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** What one step of a `multi` did. */
export interface MultiResult {
  /** The step, as it was given. */
  readonly op: MultiOperation['op'];
  /** Its znode, as it was given. */
  readonly path: string;
  /** After `setData`. */
  readonly stat: ZnodeStat | undefined;
}

/** A step with what the client library needs. */
export interface PreparedOperation {
  readonly operation: MultiOperation;
  readonly serverPath: string;
  readonly data: Buffer;
  readonly acls: LibraryAcl[];
}

const ANY_VERSION = -1;

/**
 * The request of a transaction. It goes past two faults of the library: version 0 is turned into "any", and
 * a refused step whose code the library does not know throws in its data handler.
 */
export function multiRequest(steps: readonly PreparedOperation[]): SendRequest<[LibraryTransactionResult[]]> {
  return (client, callback) => {
    const transaction = client.transaction();
    for (const { operation, serverPath, data, acls } of steps) {
      switch (operation.op) {
        case 'create':
          transaction.create(serverPath, data, acls, createMode(operation.ephemeral === true));
          break;
        case 'remove':
          transaction.remove(serverPath, ANY_VERSION);
          break;
        case 'setData':
          transaction.setData(serverPath, data, ANY_VERSION);
          break;
        case 'check':
          transaction.check(serverPath, ANY_VERSION);
          break;
      }
      const built = transaction.ops.at(-1);
      if (built !== undefined && operation.op !== 'create') built.version = operation.version ?? ANY_VERSION;
    }
    transaction.connectionManager = {
      queue: (request) => {
        client.connectionManager.queue(request, (error, response) =>
          error ? callback(error, []) : callback(undefined, response.payload.results),
        );
      },
    };
    transaction.commit(() => undefined);
  };
}

/**
 * Reads a transaction's results.
 *
 * @throws {@link ZkError} for the step that the server refused; those around it are only told to be undone.
 */
export function toMultiResults(
  operations: readonly MultiOperation[],
  results: readonly LibraryTransactionResult[],
): MultiResult[] {
  const refused = results.findIndex((result) => result.err !== undefined && result.err !== 0);
  if (refused !== -1) {
    throw ZkError.ofServerCode(results[refused]?.err ?? 0, operations[refused]?.path, refused);
  }
  return operations.map(({ op, path }, index) => {
    const stat = results[index]?.stat;
    return { op, path, stat: stat === undefined ? undefined : toZnodeStat(stat) };
  });
}
