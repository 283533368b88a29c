import type { Output } from './output/output.ts';
import type { Settings } from './settings/load-settings.ts';
import type { ExitCode } from './exit-code.ts';

/** What a command works with besides its own arguments. */
export interface CommandContext {
  readonly settings: Settings;
  readonly output: Output;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The arguments and options of one call, as commander read them. */
export interface CommandInput {
  readonly args: readonly string[];
  /** By camel-cased name; a missing option is `undefined` or its default. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

/** Runs a command and says how it went. Throws a `CliError` for what ends in one line on standard error. */
export type RunCommand = (context: CommandContext, input: CommandInput) => Promise<ExitCode>;

/** One option as `--help` and `docs/cli.md` show it. */
export interface OptionDefinition {
  /** In commander's notation: `--since <age or time>`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string | undefined;
  /** All values that it takes, where these are few; for completion. */
  readonly values?: readonly string[] | undefined;
  /** May be given several times; the values are a list. */
  readonly isList?: boolean | undefined;
}

/** One command of `pulsekeeper`. The table of them is cheap to load: the code of a command is imported when it runs. */
export interface CommandDefinition {
  /** Name and arguments in commander's notation: `query <selector>`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What else is worth knowing; for `--help` and `docs/cli.md`. */
  readonly description?: string | undefined;
  readonly options?: readonly OptionDefinition[] | undefined;
  /** All values of its argument, where these are few; for completion. */
  readonly values?: readonly string[] | undefined;
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [commandLine: string, meaning: string])[];
  /** Which of the exit codes mean something particular here. */
  readonly exitCodes?: Readonly<Record<number, string>> | undefined;
  readonly subcommands?: readonly CommandDefinition[] | undefined;
  /** The command handles SIGINT and SIGTERM itself, since another process depends on it. */
  readonly ownsSignals?: boolean | undefined;
  /** Absent only where there are subcommands. */
  readonly load?: (() => Promise<RunCommand>) | undefined;
}

/** An option's value as text, `undefined` when it was not given. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether a flag was given. */
export function hasFlag(input: CommandInput, name: string): boolean {
  return input.options[name] === true;
}

/** The values of an option that may be repeated. */
export function listOption(input: CommandInput, name: string): readonly string[] {
  const value = input.options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
