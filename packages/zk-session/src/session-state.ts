import type { ZkError } from './errors.ts';

/** No session yet: before `start`, and until a server has given one. */
export interface ConnectingState {
  readonly kind: 'connecting';
  /** Since when, Unix milliseconds. */
  readonly sinceMs: number;
}

/** A server answers and the session is alive. */
export interface ConnectedState {
  readonly kind: 'connected';
  /** Since when, Unix milliseconds. */
  readonly sinceMs: number;
  /** Unsigned 64 bits, as in a stat's `ephemeralOwner`. */
  readonly sessionId: bigint;
  /** 1 for the first ZooKeeper session, one more for each that replaces a lost one. */
  readonly generation: number;
  /** The session timeout T that the server granted, in milliseconds. */
  readonly sessionTimeoutMs: number;
  /** `host:port` of the ensemble member. */
  readonly server: string;
}

/** The link is gone; the session may still be alive, and its ephemerals with it. */
export interface SuspendedState {
  readonly kind: 'suspended';
  /** Since when, Unix milliseconds. */
  readonly sinceMs: number;
  /** The session that may still be alive. */
  readonly sessionId: bigint;
  /** As when it was connected. */
  readonly generation: number;
  /** Why the link went. */
  readonly cause: Error;
}

/** The session is over, or must be taken for over: its ephemerals may go at any moment. */
export interface LostState {
  readonly kind: 'lost';
  /** Since when, Unix milliseconds. */
  readonly sinceMs: number;
  /** The session that was lost. */
  readonly sessionId: bigint;
  /** Of that session; the next one has one more. */
  readonly generation: number;
  /** `SessionExpired`: a server said so, or the lease ran out. */
  readonly cause: ZkError;
}

/** Stopped, or failed for good. Nothing follows. */
export interface ClosedState {
  readonly kind: 'closed';
  /** Since when, Unix milliseconds. */
  readonly sinceMs: number;
  /** Why, when it was not `stop()`. */
  readonly reason: ZkError | undefined;
}

/** Curator's connection states. The table of transitions is in the comment of {@link Supervisor}. */
export type SessionState = ConnectingState | ConnectedState | SuspendedState | LostState | ClosedState;

const FOLLOWERS: Readonly<Record<SessionState['kind'], readonly SessionState['kind'][]>> = {
  connecting: ['connected', 'closed'],
  connected: ['suspended', 'lost', 'closed'],
  suspended: ['connected', 'lost', 'closed'],
  lost: ['connected', 'closed'],
  closed: [],
};

/** Whether the state machine allows `next` right after `current`. */
export function mayFollow(current: SessionState['kind'], next: SessionState['kind']): boolean {
  return FOLLOWERS[current].includes(next);
}
