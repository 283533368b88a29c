export { formatServerAddress, parseConnectString } from './connect-string.ts';
export { isZkError, ZkError } from './errors.ts';
export { formatSessionId } from './session-id.ts';
export { DEFAULT_ZK_SESSION_OPTIONS } from './session-options.ts';
export { ZkSession } from './zk-session.ts';

export type { ListManyOptions, ReadManyOptions } from './bulk-operations.ts';
export type { AclEntry, AclOption, AclPermission } from './acl.ts';
export type { AuthInfo } from './auth.ts';
export type { ParsedConnectString, ServerAddress } from './connect-string.ts';
export type { ZkErrorCode, ZkErrorDetails } from './errors.ts';
export type { SessionLease } from './lease.ts';
export type { MultiOperation, MultiResult } from './multi.ts';
export type { SessionClock } from './session-clock.ts';
export type { LogMethod, SessionLogger } from './session-logger.ts';
export type { ZkSessionOptions } from './session-options.ts';
export type {
  ClosedState,
  ConnectedState,
  ConnectingState,
  LostState,
  SessionState,
  SuspendedState,
} from './session-state.ts';
export type { SetupContext, SetupFunction, SetupReason } from './setups.ts';
export type { ZkTlsOptions } from './socket-opener.ts';
export type { ZnodeStat } from './stat.ts';
export type { SessionEvents } from './state-stream.ts';
export type { WatchCallback, WatchEvent, WatchEventType } from './watches.ts';
export type { StartOptions } from './zk-session.ts';
export type {
  ChangeOptions,
  CreateOptions,
  OperationOptions,
  ReadOptions,
  ZnodeAcl,
  ZnodeChildren,
  ZnodeData,
} from './znode-operations.ts';
