import type { CommandDefinition, OptionDefinition } from '../command.ts';

/** The shells that a script can be written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** What can follow a command: its subcommands and options. */
interface Words {
  /** The names from the root, joined by blanks; empty for the root itself. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly summary: string }[];
}

/** Writes a script that completes commands, subcommands and options. Nothing in it asks a server. */
export function completionScript(
  shell: Shell,
  commands: readonly CommandDefinition[],
  globalOptions: readonly OptionDefinition[],
): string {
  const all = collectWords(commands, globalOptions);
  switch (shell) {
    case 'bash':
      return bashScript(all, optionsWithValue(commands, globalOptions));
    case 'zsh':
      return zshScript(all);
    case 'fish':
      return fishScript(commands, globalOptions);
  }
}

function collectWords(commands: readonly CommandDefinition[], globalOptions: readonly OptionDefinition[]): Words[] {
  const optionWords = (options: readonly OptionDefinition[]): Words['words'] =>
    [...options, ...globalOptions].map(({ flags, description }) => ({ word: flagOf(flags), summary: description }));
  const visit = (
    definitions: readonly CommandDefinition[],
    prefix: string,
    options: readonly OptionDefinition[],
  ): Words[] => [
    {
      path: prefix,
      words: [...definitions.map(({ usage, summary }) => ({ word: nameOf(usage), summary })), ...optionWords(options)],
    },
    ...definitions.flatMap(({ usage, subcommands, options: own }) =>
      visit(subcommands ?? [], `${prefix} ${nameOf(usage)}`.trim(), own ?? []),
    ),
  ];
  return visit(commands, '', []);
}

/** The word after one of these is its value, not a command. */
function optionsWithValue(
  commands: readonly CommandDefinition[],
  globalOptions: readonly OptionDefinition[],
): readonly string[] {
  const ofCommand = ({ options, subcommands }: CommandDefinition): readonly OptionDefinition[] => [
    ...(options ?? []),
    ...(subcommands ?? []).flatMap(ofCommand),
  ];
  const all = [...globalOptions, ...commands.flatMap(ofCommand)];
  return [...new Set(all.filter(({ flags }) => flags.includes('<')).map(({ flags }) => flagOf(flags)))];
}

function bashScript(all: readonly Words[], valued: readonly string[]): string {
  const cases = all.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`);
  const paths = all.map(({ path }) => path).filter((path) => path !== '');
  return `# pulsekeeper completion for bash: source <(pulsekeeper completion bash)
_pulsekeeper() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words='' isValue=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$isValue" ]; then isValue=''; continue; fi
    case "$word" in
      ${valued.join('|')}) isValue=1; continue ;;
    esac
    case "\${path:+$path }$word" in
      ${paths.map((path) => `'${path}'`).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  COMPREPLY=()
  # The value of an option: left to the completion of file names.
  if [ -n "$isValue" ]; then return; fi
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _pulsekeeper pulsekeeper
`;
}

function zshScript(all: readonly Words[]): string {
  const cases = all.map(({ path, words }) => {
    const entries = words.map(({ word, summary }) => `      ${zshQuote(`${word.replaceAll(':', '\\:')}:${summary}`)}`);
    return `    '${path}') entries=(\n${entries.join('\n')}\n    ) ;;`;
  });
  const paths = all.map(({ path }) => path).filter((path) => path !== '');
  return `#compdef pulsekeeper
# pulsekeeper completion for zsh: source <(pulsekeeper completion zsh)
_pulsekeeper() {
  local commandPath='' word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${commandPath:+$commandPath }$word" in
      ${paths.map((path) => `'${path}'`).join('|')}) commandPath="\${commandPath:+$commandPath }$word" ;;
    esac
  done
  case "$commandPath" in
${cases.join('\n')}
  esac
  _describe 'pulsekeeper' entries || _files
}
compdef _pulsekeeper pulsekeeper
`;
}

function fishScript(commands: readonly CommandDefinition[], globalOptions: readonly OptionDefinition[]): string {
  const lines = ['# pulsekeeper completion for fish: pulsekeeper completion fish | source'];
  for (const { flags, description } of globalOptions) {
    lines.push(`complete -c pulsekeeper ${fishOption(flags, description)}`);
  }
  for (const { usage, summary, options, subcommands } of commands) {
    const name = nameOf(usage);
    const isSeen = `-n '__fish_seen_subcommand_from ${name}'`;
    lines.push(`complete -c pulsekeeper -n __fish_use_subcommand -a ${name} -d ${fishQuote(summary)}`);
    const names = (subcommands ?? []).map((subcommand) => nameOf(subcommand.usage)).join(' ');
    const isOpen = `-n '__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${names}'`;
    for (const subcommand of subcommands ?? []) {
      lines.push(
        `complete -c pulsekeeper ${isOpen} -a ${nameOf(subcommand.usage)} -d ${fishQuote(subcommand.summary)}`,
      );
    }
    const all = [...(options ?? []), ...(subcommands ?? []).flatMap((subcommand) => subcommand.options ?? [])];
    for (const { flags, description } of new Map(all.map((option) => [option.flags, option])).values()) {
      lines.push(`complete -c pulsekeeper ${isSeen} ${fishOption(flags, description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function fishOption(flags: string, description: string): string {
  const takesValue = flags.includes('<') ? ' -r' : '';
  return `-l ${flagOf(flags).slice(2)}${takesValue} -d ${fishQuote(description)}`;
}

function nameOf(usage: string): string {
  return usage.split(' ')[0] ?? usage;
}

function flagOf(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
