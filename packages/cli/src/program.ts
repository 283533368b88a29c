import { createRequire } from 'node:module';

import { Command, Option, type CommanderError } from 'commander';

import type { CommandDefinition, CommandInput, OptionDefinition } from './command.ts';
import { COMMANDS } from './command-table.ts';
import { ExitCode } from './exit-code.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import type { TextSink } from './output/output.ts';

/** What stops the parsing: help was shown (no message, code 0) or the command line is wrong (code 2). */
export class UsageMistake extends Error {
  override readonly name = 'UsageMistake';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Called with the command that was named, its arguments, and its name as it is typed: `pulsekeeper rules set`. */
export type Execute = (definition: CommandDefinition, input: CommandInput, path: string) => Promise<void>;

/**
 * Builds the parser of the command line from the table of commands.
 *
 * Parsing rejects with {@link UsageMistake}; nothing is written to standard error by the parser itself.
 */
export function createProgram(streams: { readonly stdout: TextSink }, execute: Execute): Command {
  const program = new Command('pulsekeeper');
  prepare(program, streams);
  program
    .description('Looks at and steers a Pulsekeeper cluster.')
    .version(readVersion(), '-V, --version', 'print the version')
    .usage('<command> [options]');
  addOptions(program, GLOBAL_OPTIONS);
  for (const definition of COMMANDS) {
    addCommand(program, definition, streams, execute);
  }
  program.addHelpText(
    'after',
    "\nExit codes: 0 good, 1 not as it should be, 2 wrong usage, 3 a server could not be reached.\nRun 'pulsekeeper <command> --help' for options and examples.",
  );
  return program;
}

function addCommand(
  parent: Command,
  definition: CommandDefinition,
  streams: { readonly stdout: TextSink },
  execute: Execute,
): void {
  const command = parent.command(definition.usage);
  prepare(command, streams);
  command.summary(definition.summary).description(describe(definition));
  addOptions(command, definition.options ?? []);
  command.addHelpText('after', examplesOf(definition));
  for (const subcommand of definition.subcommands ?? []) {
    addCommand(command, subcommand, streams, execute);
  }
  if (definition.load !== undefined) {
    command.action(async () => {
      await execute(definition, { args: command.args, options: command.optsWithGlobals() }, pathOf(command));
    });
  }
}

function prepare(command: Command, { stdout }: { readonly stdout: TextSink }): void {
  command
    .exitOverride((error) => {
      throw toMistake(error, command);
    })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // What commander would say is thrown as a UsageMistake and printed in one line by the caller.
      writeErr: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 100,
    })
    .configureHelp({ subcommandTerm: (subcommand) => subcommand.name() });
}

function toMistake(error: CommanderError, command: Command): UsageMistake {
  if (error.exitCode === 0) {
    return new UsageMistake('', ExitCode.Good);
  }
  if (error.code === 'commander.help') {
    if (command.parent === null) {
      command.outputHelp();
      return new UsageMistake('', ExitCode.WrongUsage);
    }
    const names = command.commands.map((subcommand) => subcommand.name()).join(', ');
    return new UsageMistake(
      `'${command.name()}' needs a subcommand: ${names}; see '${pathOf(command)} --help'`,
      ExitCode.WrongUsage,
    );
  }
  const problem = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return new UsageMistake(`${problem}; see '${pathOf(command)} --help'`, ExitCode.WrongUsage);
}

function addOptions(command: Command, options: readonly OptionDefinition[]): void {
  for (const { flags, description, default: byDefault, isList } of options) {
    const option = new Option(flags, description);
    if (byDefault !== undefined) {
      option.default(byDefault);
    }
    if (isList === true) {
      option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
    }
    command.addOption(option);
  }
}

function describe({ summary, description }: CommandDefinition): string {
  return `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.${description === undefined ? '' : `\n\n${description}`}`;
}

function examplesOf({ examples }: CommandDefinition): string {
  const lines = examples.map(([commandLine, meaning]) => `  $ ${commandLine}\n      ${meaning}`);
  const examplesText = lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n`;
  return `${examplesText}\nOptions of all commands (--json, --zookeeper, --redis, …): see 'pulsekeeper --help'.`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function readVersion(): string {
  // By the package's own name for it: in the bundle this code lies in another folder.
  const manifest = createRequire(import.meta.url)('#manifest') as { readonly version: string };
  return manifest.version;
}
