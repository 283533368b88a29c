/** What went wrong, as programs tell it apart. */
export type StoreErrorCode =
  /** A URL or an option is not usable; nothing was tried. */
  | 'InvalidOption'
  /** No connection to Redis (refused, cut, not yet made), or no reply within the command's deadline. */
  | 'Unavailable'
  /** Redis answered that it cannot serve now: it loads, fails over, is busy, is out of memory, or may not persist. */
  | 'NotServing'
  /** Redis refused for good until somebody changes it: credentials, permissions, a key of another type. */
  | 'Refused'
  /** Bytes in Redis, or in a spill file, are not a frame, a chain or a schema of a known version. */
  | 'CorruptFrame'
  /** A schema that a frame names is not in Redis. */
  | 'SchemaMissing'
  /** The store was stopped, or not started. */
  | 'Closed'
  /** The caller's signal was aborted. */
  | 'Aborted'
  | 'Unknown';

/**
 * Every error that this package throws on purpose. Tell them apart by `code`; `retryable` says whether the same call
 * may succeed later without anybody changing a setting.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: StoreErrorCode;
  readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? (code === 'Unavailable' || code === 'NotServing');
  }
}

/** Bytes that are no frame of a version this package knows, or a frame that does not follow the one before it. */
export class CorruptFrame extends StoreError {
  override readonly name = 'CorruptFrame';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super('CorruptFrame', message, { ...options, retryable: false });
  }
}
