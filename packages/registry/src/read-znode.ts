import type { ZnodeStat } from '@pulsekeeper/zk-session';
import { codeOf } from './errors.ts';
import type { RegistrySession, WatchFunction } from './registry-session.ts';

/** How a znode is read. */
export interface ReadZnodeOptions {
  /** Called once when the znode changes, comes or goes. Pass the same function each time for a path. */
  readonly watch?: WatchFunction | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Data and stat of a znode. */
export interface ZnodeData {
  readonly data: Uint8Array;
  readonly stat: ZnodeStat;
}

/** Children and stat of a znode. */
export interface ZnodeChildren {
  readonly children: readonly string[];
  readonly stat: ZnodeStat;
}

/** A znode that comes and goes faster than two reads is taken as absent; its watch tells of the rest. */
const MAX_ROUNDS = 3;

/** Data of a znode, `undefined` when there is none; in that case too the watch is set, and tells of its creation. */
export function readZnode(
  session: RegistrySession,
  path: string,
  options: ReadZnodeOptions = {},
): Promise<ZnodeData | undefined> {
  return readOrWatch(session, path, options, () => session.getData(path, options));
}

/** Children of a znode, `undefined` when there is none; in that case too the watch is set, and tells of its creation. */
export function listZnode(
  session: RegistrySession,
  path: string,
  options: ReadZnodeOptions = {},
): Promise<ZnodeChildren | undefined> {
  return readOrWatch(session, path, options, () => session.getChildren(path, options));
}

async function readOrWatch<T>(
  session: RegistrySession,
  path: string,
  options: ReadZnodeOptions,
  read: () => Promise<T>,
): Promise<T | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    try {
      return await read();
    } catch (error) {
      if (codeOf(error) !== 'NoNode') throw error;
    }
    // A read of a missing znode leaves no watch behind; `exists` does.
    if (options.watch === undefined || (await session.exists(path, options)) === undefined) return undefined;
  }
  return undefined;
}
