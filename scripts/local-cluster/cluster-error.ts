/** Why the local cluster cannot run; the message is all that the user sees. */
export class ClusterError extends Error {
  /** The exit status: 1 in general, 3 where a server could not be reached. */
  readonly exitCode: 1 | 3;

  constructor(message: string, exitCode: 1 | 3 = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterError';
    this.exitCode = exitCode;
  }
}
