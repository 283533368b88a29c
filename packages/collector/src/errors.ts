/** Every `code` that a {@link CollectorError} can carry. */
export type CollectorErrorCode = 'InvalidConfig' | 'ListenFailed' | 'StartFailed' | 'Aborted';

/** Something keeps a collector from working as a whole; failures of single targets are not errors of it. */
export class CollectorError extends Error {
  /** Stable identification of the kind of failure; compare this, not the message. */
  readonly code: CollectorErrorCode;
  /** Whether starting again may help without a change of settings. */
  readonly retryable: boolean;

  constructor(code: CollectorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CollectorError';
    this.code = code;
    this.retryable = code !== 'InvalidConfig';
  }
}
