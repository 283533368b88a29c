/** What ZooKeeper's servers answer, by wire code. Names are ZooKeeper's own (`KeeperException.Code`). */
const SERVER_CODES = {
  [-1]: 'SystemError',
  [-2]: 'RuntimeInconsistency',
  [-3]: 'DataInconsistency',
  [-4]: 'ConnectionLoss',
  [-5]: 'MarshallingError',
  [-6]: 'Unimplemented',
  [-7]: 'OperationTimeout',
  [-8]: 'BadArguments',
  [-12]: 'UnknownSession',
  [-13]: 'NewConfigNoQuorum',
  [-14]: 'ReconfigInProgress',
  [-100]: 'ApiError',
  [-101]: 'NoNode',
  [-102]: 'NoAuth',
  [-103]: 'BadVersion',
  [-108]: 'NoChildrenForEphemerals',
  [-110]: 'NodeExists',
  [-111]: 'NotEmpty',
  [-112]: 'SessionExpired',
  [-113]: 'InvalidCallback',
  [-114]: 'InvalidACL',
  [-115]: 'AuthFailed',
  [-118]: 'SessionMoved',
  [-119]: 'NotReadOnly',
  [-120]: 'EphemeralOnLocalSession',
  [-121]: 'NoWatcher',
  [-122]: 'RequestTimeout',
  [-123]: 'ReconfigDisabled',
  [-124]: 'SessionClosedRequireSaslAuth',
  [-125]: 'QuotaExceeded',
  [-127]: 'ThrottledOp',
} as const;

/** What is found out on this side of the wire. */
type LocalCode =
  | 'Closed'
  | 'ConnectTimeout'
  | 'DataTooLarge'
  | 'IncompatibleClientLibrary'
  | 'InvalidConnectString'
  | 'TooManyEphemerals'
  | 'Unknown';

/** Every `code` a {@link ZkError} can have: ZooKeeper's own names, and a few of this package. */
export type ZkErrorCode = (typeof SERVER_CODES)[keyof typeof SERVER_CODES] | LocalCode;

/** Codes after which the very same call may succeed later without anybody changing anything. */
const RETRYABLE: ReadonlySet<ZkErrorCode> = new Set<ZkErrorCode>([
  'ConnectionLoss',
  'ConnectTimeout',
  'NewConfigNoQuorum',
  'OperationTimeout',
  'RequestTimeout',
  'SessionExpired',
  'SessionMoved',
  'ThrottledOp',
]);

/** What a {@link ZkError} carries besides code and message. */
export interface ZkErrorDetails {
  /** The znode the operation was about, as the caller named it (relative to the chroot). */
  readonly path?: string | undefined;
  /** The number on the wire, when the error came from a server. */
  readonly serverCode?: number | undefined;
  /** The operation's index within a `multi` that was refused. */
  readonly operationIndex?: number | undefined;
  /** What this error was made of. */
  readonly cause?: unknown;
}

/**
 * The one error class of this package. Test `code`, not the message.
 *
 * `retryable` says whether the same call may succeed later by itself. For a call that changes something,
 * `ConnectionLoss` and `OperationTimeout` mean *unknown*: the change may have been made.
 */
export class ZkError extends Error {
  override readonly name = 'ZkError';
  /** What happened, by ZooKeeper's name or one of this package. */
  readonly code: ZkErrorCode;
  /** Whether the very same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** The znode, as the caller named it. */
  readonly path: string | undefined;
  /** ZooKeeper's number, when a server said so. */
  readonly serverCode: number | undefined;
  /** Which step of a `multi` was refused, from 0. */
  readonly operationIndex: number | undefined;

  constructor(code: ZkErrorCode, message: string, details: ZkErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.path = details.path;
    this.serverCode = details.serverCode;
    this.operationIndex = details.operationIndex;
  }

  /** Turns anything thrown into a {@link ZkError}; one that already is comes back as it is. */
  static from(error: unknown, path?: string): ZkError {
    if (error instanceof ZkError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new ZkError('Unknown', message, { path, cause: error });
  }

  /** The error for a code that a server sent; a number ZooKeeper has not got (yet) becomes `Unknown`. */
  static ofServerCode(serverCode: number, path?: string, operationIndex?: number): ZkError {
    const code = serverCodeName(serverCode);
    const where = path === undefined ? '' : ` on ${path}`;
    const message = code === 'Unknown' ? `server answered code ${serverCode}${where}` : `${code}${where}`;
    return new ZkError(code, message, { path, serverCode, operationIndex });
  }
}

/** ZooKeeper's name for a code on the wire, `Unknown` for one that has no name. */
export function serverCodeName(serverCode: number): ZkErrorCode {
  const names: Readonly<Record<number, ZkErrorCode>> = SERVER_CODES;
  return names[serverCode] ?? 'Unknown';
}

/** True when `error` is a {@link ZkError} with one of the codes. */
export function isZkError(error: unknown, ...codes: readonly ZkErrorCode[]): error is ZkError {
  return error instanceof ZkError && (codes.length === 0 || codes.includes(error.code));
}
