import type { CommandDefinition, OptionDefinition } from '../../src/command.ts';

const OPTION_WIDTH = 28;

/** The reference part of `docs/cli.md`, from the table of commands: what `--help` says, as Markdown. */
export function renderReference(
  commands: readonly CommandDefinition[],
  globalOptions: readonly OptionDefinition[],
): string {
  return [
    '### Options of all commands\n',
    optionBlock(globalOptions),
    ...commands.flatMap((command) => renderCommand(command, '')),
  ].join('\n');
}

function renderCommand(command: CommandDefinition, parent: string): string[] {
  const { usage, summary, description, options, examples, exitCodes, subcommands } = command;
  const path = `${parent}${usage}`;
  if (subcommands !== undefined) {
    const prefix = `${parent}${usage.split(' ')[0] ?? ''} `;
    return subcommands.flatMap((subcommand) => renderCommand(subcommand, prefix));
  }
  return [
    `### \`pulsekeeper ${path}\`\n`,
    `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.${description === undefined ? '' : ` ${description}`}\n`,
    ...(options === undefined ? [] : [optionBlock(options)]),
    '```sh',
    ...examples.map(([commandLine, meaning]) => `${commandLine} # ${meaning}`),
    '```\n',
    ...(exitCodes === undefined
      ? []
      : [
          `Exit codes: ${Object.entries(exitCodes)
            .map(([code, meaning]) => `${code}: ${meaning}`)
            .join('. ')}.\n`,
        ]),
  ];
}

function optionBlock(options: readonly OptionDefinition[]): string {
  const lines = options.map(({ flags, description, default: byDefault }) => {
    const text = byDefault === undefined ? description : `${description} (default ${byDefault})`;
    return flags.length < OPTION_WIDTH
      ? `${flags.padEnd(OPTION_WIDTH)}${text}`
      : `${flags}\n${' '.repeat(OPTION_WIDTH)}${text}`;
  });
  return `\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`;
}
