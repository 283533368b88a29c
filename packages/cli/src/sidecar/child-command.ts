import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { CommandStartError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** The shell's codes for a command that is not there, and for one that may not be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const SIGNAL_BASE = 128;

/**
 * Runs a command with our standard streams, hands it the signals that we get, and resolves with the exit code that a
 * shell would give: its own, or 128 + the number of the signal that ended it.
 *
 * @throws CliError `NotFound` when it cannot be started
 */
export function runChildCommand(command: string, args: readonly string[]): Promise<ExitCode> {
  const child = spawn(command, args, { stdio: 'inherit' });
  // On Ctrl-C the terminal tells the whole foreground group; a second SIGINT from us would count twice.
  const isTold = (name: string): boolean => name === 'SIGINT' && process.stdin.isTTY;
  const listeners = FORWARDED.map((name) => {
    const forward = (): void => {
      if (!isTold(name)) {
        child.kill(name);
      }
    };
    process.on(name, forward);
    return { name, forward };
  });
  return new Promise<ExitCode>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE;
      reject(new CommandStartError(`${command} cannot be started: ${error.message}`, code, error));
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? (signal === null ? ExitCode.NotAsItShouldBe : SIGNAL_BASE + constants.signals[signal]));
    });
  }).finally(() => {
    for (const { name, forward } of listeners) {
      process.off(name, forward);
    }
  });
}
