/** Every way in which the registry refuses or gives up. Codes are stable; messages are for people. */
export type RegistryErrorCode =
  'NameTaken' | 'InvalidName' | 'InvalidRecord' | 'InvalidRule' | 'Conflict' | 'Unreadable' | 'Closed';

/** Who holds a name that we wanted. All fields are read from the standing znode and may be absent there. */
export interface StandingOwner {
  /** ZooKeeper session that owns the znode, as ZooKeeper prints it (`0x…`); `0x0` for a persistent znode. */
  readonly sessionId: string;
  /** The registrant's key in the znode's data, see `createRegistrantKey`. */
  readonly key: string | undefined;
  /** Unix time in ms at which the znode was created. */
  readonly createdAtMs: number;
}

/** Details of a {@link RegistryError}. */
export interface RegistryErrorDetails {
  /** The znode that it is about. */
  readonly path?: string | undefined;
  /** Who holds the name. */
  readonly owner?: StandingOwner | undefined;
  /** @defaultValue false */
  readonly retryable?: boolean | undefined;
  /** What this error was made of. */
  readonly cause?: unknown;
}

/**
 * The registry's own error. Errors of the session (`ZkError`) pass through unchanged.
 *
 * `NameTaken` carries the `owner`; `Conflict` means that a rule was changed by somebody else since it was read;
 * `retryable` says whether the same call may succeed later without anyone changing its input.
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** What happened. */
  readonly code: RegistryErrorCode;
  /** Whether the same call may succeed later without anyone changing its input. */
  readonly retryable: boolean;
  /** The znode that it is about. */
  readonly path: string | undefined;
  /** Of a name that is taken: who holds it. */
  readonly owner: StandingOwner | undefined;

  constructor(code: RegistryErrorCode, message: string, details: RegistryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.owner = details.owner;
    this.retryable = details.retryable ?? false;
  }
}

/** The error of a name that somebody else holds. */
export function nameTaken(path: string, owner: StandingOwner | undefined, cause?: unknown): RegistryError {
  const who =
    owner === undefined ? 'somebody else' : `${owner.key ?? 'an unknown registrant'}, session ${owner.sessionId}`;
  const since = owner === undefined ? '' : `, since ${new Date(owner.createdAtMs).toISOString()}`;
  const message = `${path} is already registered by ${who}${since}`;
  return new RegistryError('NameTaken', message, { path, owner, retryable: true, cause });
}

/** The ZooKeeper-style `code` of an error, or `undefined` when it carries none. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether an error says that the same operation may succeed later. */
export function isRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
