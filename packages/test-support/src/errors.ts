/** What went wrong while a test's server was being prepared. */
export type TestSupportErrorCode =
  'BindFailed' | 'ExitedEarly' | 'StartTimeout' | 'CommandFailed' | 'MissingServer' | 'Timeout';

/** The one error class of this package. The message carries the end of the server's own log where there is one. */
export class TestSupportError extends Error {
  readonly code: TestSupportErrorCode;

  constructor(code: TestSupportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TestSupportError';
    this.code = code;
  }
}
