/**
 * What the exit codes of `pulsekeeper` mean. Scripts rely on them; they never change.
 *
 * When several apply the greatest wins: a server that could not be reached (3) says more about the answer than a
 * missing slot (1).
 */
export const ExitCode = {
  /** All is as it should be. */
  Good: 0,
  /** The question was answered, and the cluster or its data is not as it should be. */
  NotAsItShouldBe: 1,
  /** The command line, the environment or the configuration file is wrong. */
  WrongUsage: 2,
  /** ZooKeeper or Redis could not be reached; what is printed is incomplete. */
  Unreachable: 3,
  /** Ctrl-C ended a command before it had its answer; the shell's own number for it. */
  Interrupted: 130,
} as const;

/** One of the values of {@link ExitCode}, or the code of a command that `register` ran. */
export type ExitCode = number;

/** The exit code that says most: the greatest of those given, 0 for none. */
export function worstExitCode(...codes: readonly ExitCode[]): ExitCode {
  return Math.max(ExitCode.Good, ...codes);
}
