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

/** An option that is followed by a value. */
interface ValuedOption {
  readonly flag: string;
  /** Empty where it takes any text. */
  readonly values: readonly string[];
}

/**
 * Writes a script that completes commands, subcommands, options, and values of those that take one of a few. Nothing in it
 * asks a server.
 */
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
      return zshScript(all, optionsWithValue(commands, globalOptions));
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
    values: readonly string[],
  ): Words[] => [
    {
      path: prefix,
      words: [
        ...definitions.map(({ usage, summary }) => ({ word: nameOf(usage), summary })),
        ...values.map((word) => ({ word, summary: '' })),
        ...optionWords(options),
      ],
    },
    ...definitions.flatMap(({ usage, subcommands, options: own, values: ofArgument }) =>
      visit(subcommands ?? [], `${prefix} ${nameOf(usage)}`.trim(), own ?? [], ofArgument ?? []),
    ),
  ];
  return visit(commands, '', [], []);
}

/** The word after one of these is its value, not a command. */
function optionsWithValue(
  commands: readonly CommandDefinition[],
  globalOptions: readonly OptionDefinition[],
): readonly ValuedOption[] {
  const ofCommand = ({ options, subcommands }: CommandDefinition): readonly OptionDefinition[] => [
    ...(options ?? []),
    ...(subcommands ?? []).flatMap(ofCommand),
  ];
  const all = [...globalOptions, ...commands.flatMap(ofCommand)];
  const valued = all.filter(({ flags }) => flags.includes('<'));
  const byFlag = new Map(valued.map(({ flags, values = [] }) => [flagOf(flags), { flag: flagOf(flags), values }]));
  return [...byFlag.values()];
}

/** The cases of a shell's `case` that give an option's values. */
function valueCases(valued: readonly ValuedOption[], statement: (values: string) => string): string {
  const withFew = valued.filter(({ values }) => values.length > 0);
  return withFew.map(({ flag, values }) => `    ${flag}) ${statement(values.join(' '))} ;;`).join('\n');
}

function bashScript(all: readonly Words[], valued: readonly ValuedOption[]): string {
  const cases = all.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`);
  const paths = all.map(({ path }) => path).filter((path) => path !== '');
  return `# pulsekeeper completion for bash: source <(pulsekeeper completion bash)
_pulsekeeper() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words='' option=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$option" ]; then option=''; continue; fi
    case "$word" in
      ${valued.map(({ flag }) => flag).join('|')}) option="$word"; continue ;;
    esac
    case "\${path:+$path }$word" in
      ${paths.map((path) => `'${path}'`).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  COMPREPLY=()
  # The value of an option: one of a few, or left to the completion of file names.
  case "$option" in
    '') ;;
${valueCases(valued, (values) => `COMPREPLY=($(compgen -W '${values}' -- "$current")); return`)}
    *) return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _pulsekeeper pulsekeeper
`;
}

function zshScript(all: readonly Words[], valued: readonly ValuedOption[]): string {
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
  case "\${words[CURRENT-1]}" in
${valueCases(valued, (values) => `compadd -- ${values}; return`)}
  esac
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
  for (const option of globalOptions) {
    lines.push(`complete -c pulsekeeper ${fishOption(option)}`);
  }
  for (const { usage, summary, options, subcommands, values } of commands) {
    const name = nameOf(usage);
    const isSeen = `-n '__fish_seen_subcommand_from ${name}'`;
    lines.push(`complete -c pulsekeeper -n __fish_use_subcommand -a ${name} -d ${fishQuote(summary)}`);
    if (values !== undefined) lines.push(`complete -c pulsekeeper ${isSeen} -x -a '${values.join(' ')}'`);
    const names = (subcommands ?? []).map((subcommand) => nameOf(subcommand.usage)).join(' ');
    const isOpen = `-n '__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${names}'`;
    for (const subcommand of subcommands ?? []) {
      lines.push(
        `complete -c pulsekeeper ${isOpen} -a ${nameOf(subcommand.usage)} -d ${fishQuote(subcommand.summary)}`,
      );
    }
    const all = [...(options ?? []), ...(subcommands ?? []).flatMap((subcommand) => subcommand.options ?? [])];
    for (const option of new Map(all.map((each) => [each.flags, each])).values()) {
      lines.push(`complete -c pulsekeeper ${isSeen} ${fishOption(option)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function fishOption({ flags, description, values = [] }: OptionDefinition): string {
  const ofFew = values.length > 0 ? ` -x -a '${values.join(' ')}'` : ' -r';
  const takesValue = flags.includes('<') ? ofFew : '';
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
