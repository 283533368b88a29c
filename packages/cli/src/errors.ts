import { ExitCode } from './exit-code.ts';

/**
 * Why a command stopped.
 *
 * - `Usage`: an argument, option, environment variable or configuration field is wrong.
 * - `Unreachable`: ZooKeeper or Redis did not answer in time.
 * - `NotFound`: what was named (a target, a collector, a service) does not exist.
 * - `Conflict`: somebody else changed it meanwhile.
 * - `Refused`: the server or the cluster's state does not allow it.
 */
export type CliErrorCode = 'Usage' | 'Unreachable' | 'NotFound' | 'Conflict' | 'Refused';

const EXIT_CODES: Readonly<Record<CliErrorCode, ExitCode>> = {
  Usage: ExitCode.WrongUsage,
  Unreachable: ExitCode.Unreachable,
  NotFound: ExitCode.NotAsItShouldBe,
  Conflict: ExitCode.NotAsItShouldBe,
  Refused: ExitCode.NotAsItShouldBe,
};

/** An error whose message is meant for the person at the terminal: one line, what was tried, what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** The exit code that goes with {@link code}. */
  get exitCode(): ExitCode {
    return EXIT_CODES[this.code];
  }
}

/** A command that `register` was to run could not be started; carries the shell's own exit code for that. */
export class CommandStartError extends CliError {
  readonly #exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, cause: unknown) {
    super('NotFound', message, { cause });
    this.#exitCode = exitCode;
  }

  override get exitCode(): ExitCode {
    return this.#exitCode;
  }
}

/** Shorthand for the commonest error: something on the command line is wrong. */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError('Usage', message, cause === undefined ? undefined : { cause });
}

/** The message of anything thrown, without its stack. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
