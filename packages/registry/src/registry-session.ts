import type { SessionState, WatchCallback, ZkSession } from '@pulsekeeper/zk-session';

/** The part of a ZooKeeper session that the registry uses. A `ZkSession` is one. */
export interface RegistrySession extends Pick<
  ZkSession,
  | 'state'
  | 'addSetup'
  | 'create'
  | 'ensurePath'
  | 'getData'
  | 'getChildren'
  | 'readMany'
  | 'listMany'
  | 'exists'
  | 'setData'
  | 'remove'
  | 'multi'
  | 'removeWatch'
> {
  on(event: 'state', listener: SessionStateListener): unknown;
  off(event: 'state', listener: SessionStateListener): unknown;
}

/** Called after each change of a session's state. */
export type SessionStateListener = (state: SessionState, previous: SessionState) => void;

/** Called once when a watched znode changes; not after a reconnect, which is when everything is read again. */
export type WatchFunction = WatchCallback;

/** The id of the present ZooKeeper session while it is connected. */
export function connectedSessionId(session: RegistrySession): bigint | undefined {
  return session.state.kind === 'connected' ? session.state.sessionId : undefined;
}
