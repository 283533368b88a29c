import type { RegistrySession } from './registry-session.ts';
import { parentPath } from './znode-path.ts';

/** Parents that were made or found over each session; a promise while that is being done. */
const knownParents = new WeakMap<RegistrySession, Map<string, Promise<void>>>();

/**
 * Makes sure, once a session and parent, that the parent of a path stands. A thousand registrations of one service cost
 * one look at their service's znode.
 */
export function ensureParent(session: RegistrySession, path: string): Promise<void> {
  const parent = parentPath(path);
  const parents = knownParents.get(session) ?? new Map<string, Promise<void>>();
  knownParents.set(session, parents);
  let ensured = parents.get(parent);
  if (ensured === undefined) {
    // Shared by all who ask meanwhile: no single caller's signal may end it. It ends by the session's time limit.
    ensured = session.ensurePath(parent);
    parents.set(parent, ensured);
    ensured.catch(() => forgetParent(session, path));
  }
  return ensured;
}

/** The parent of a path turned out not to stand: it is looked for again. */
export function forgetParent(session: RegistrySession, path: string): void {
  knownParents.get(session)?.delete(parentPath(path));
}
