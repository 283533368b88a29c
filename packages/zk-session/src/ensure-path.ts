import { createMode } from './client-library.ts';
import type { LibraryAcl } from './client-library-types.ts';
import type { Connection } from './connection.ts';
import { isZkError, ZkError } from './errors.ts';
import { parentPath } from './znode-path.ts';

const EMPTY = Buffer.alloc(0);

/** Looks whether a node stands at a path on the server. @throws {@link ZkError} `NoNode` when none does. */
export async function requireServerPath(connection: Connection, serverPath: string): Promise<void> {
  const [stat] = await connection.call<[object | null]>(serverPath, (client, callback) =>
    client.exists(serverPath, undefined, callback),
  );
  if (stat === null) throw new ZkError('NoNode', `there is no ${serverPath}`, { path: serverPath });
}

/**
 * Makes sure that a persistent node stands at a path on the server, parents included. Looks before it
 * creates: where the parents belong to somebody else, creating is forbidden even if there is nothing to create.
 */
export async function ensureServerPath(connection: Connection, serverPath: string, acls: LibraryAcl[]): Promise<void> {
  const [stat] = await connection.call<[object | null]>(serverPath, (client, callback) =>
    client.exists(serverPath, undefined, callback),
  );
  if (stat !== null) return;
  const parent = parentPath(serverPath);
  if (parent !== undefined && parent !== '/') await ensureServerPath(connection, parent, acls);
  try {
    await connection.call<[string]>(serverPath, (client, callback) =>
      client.create(serverPath, EMPTY, acls, createMode(false), callback),
    );
  } catch (error) {
    // Somebody else was quicker.
    if (!isZkError(error, 'NodeExists')) throw error;
  }
}
