import { escapeUnsafe } from '@pulsekeeper/model';

import type { CommandContext, CommandDefinition, CommandInput } from './command.ts';
import { CliError, messageOf } from './errors.ts';
import { ExitCode } from './exit-code.ts';
import { Output, type TextSink } from './output/output.ts';
import { createProgram, UsageMistake } from './program.ts';
import { redact } from './redact.ts';
import { loadSettings } from './settings/load-settings.ts';
import { SETTING_NAMES } from './settings/settings-schema.ts';

/** What the CLI needs of the process that it runs in. */
export interface CliSurroundings {
  /** The arguments after `node` and the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Aborted when the user or the system wants the command to end. */
  readonly signal: AbortSignal;
  /** Called when a command takes SIGINT and SIGTERM over. @defaultValue nothing is to be released */
  readonly releaseSignals?: (() => void) | undefined;
  /** @defaultValue Date.now */
  readonly now?: (() => number) | undefined;
}

/**
 * Runs one command line and resolves with the exit code; never rejects.
 *
 * Every failure is one line on standard error that begins with `pulsekeeper:`, with passwords masked and control
 * characters escaped, whatever text a server or a znode put into it.
 */
export async function runCli(surroundings: CliSurroundings): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.Good;
  let commandPath = 'pulsekeeper';
  const execute = async (definition: CommandDefinition, input: CommandInput, path: string): Promise<void> => {
    commandPath = path;
    exitCode = await executeCommand(surroundings, definition, input);
  };
  try {
    await createProgram(surroundings, execute).parseAsync([...surroundings.args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof UsageMistake) {
      return error.message === '' ? error.exitCode : fail(surroundings, error.message, error.exitCode);
    }
    if (surroundings.signal.aborted) {
      return ExitCode.Interrupted;
    }
    const code = error instanceof CliError ? error.exitCode : ExitCode.NotAsItShouldBe;
    const hint = code === ExitCode.WrongUsage ? `; see '${commandPath} --help'` : '';
    return fail(surroundings, messageOf(error) + hint, code);
  }
}

async function executeCommand(
  surroundings: CliSurroundings,
  definition: CommandDefinition,
  input: CommandInput,
): Promise<ExitCode> {
  const { options } = input;
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined);
  const settings = loadSettings({
    flags: Object.fromEntries(SETTING_NAMES.map((name) => [name, text(name)])),
    configFile: text('config'),
    env: surroundings.env,
    cwd: surroundings.cwd,
  });
  const output = new Output({
    stdout: surroundings.stdout,
    stderr: surroundings.stderr,
    env: surroundings.env,
    isJson: options['json'] === true,
    isColourWanted: options['color'] !== false,
  });
  const context: CommandContext = {
    settings,
    output,
    signal: surroundings.signal,
    now: surroundings.now ?? Date.now,
    env: surroundings.env,
    cwd: surroundings.cwd,
  };
  if (definition.ownsSignals === true) {
    surroundings.releaseSignals?.();
  }
  const run = await definition.load?.();
  return run === undefined ? ExitCode.WrongUsage : run(context, input);
}

function fail({ stderr }: CliSurroundings, message: string, exitCode: ExitCode): ExitCode {
  stderr.write(`pulsekeeper: ${escapeUnsafe(redact(message))}\n`);
  return exitCode;
}
