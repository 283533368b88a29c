import { readRuleHistory, type RuleHistoryEntry } from '@pulsekeeper/registry';

import { requireRuleScope } from '../arguments/require-rule-scope.ts';
import { parseWholeNumber } from '../arguments/whole-number.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant } from '../output/format-age.ts';
import { describeScope, toYaml } from '../rules/rule-text.ts';

const MAX_VERSION = 2_147_483_647;

/** One version as `rules history --json` shows it. */
interface HistoryRow {
  readonly version: number;
  /** RFC 3339. */
  readonly at: string;
  /** `null` when it was written by other means than the CLI. */
  readonly by: string | null;
  /** `null` for no rule, and for data that is no JSON. */
  readonly rule: unknown;
}

/** `pulsekeeper rules history`: the versions of a rule that are kept, newest first, or one of them as YAML. */
export async function runRulesHistory(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const scope = requireRuleScope(input);
  const shown = textOption(input, 'show');
  const version = shown === undefined ? undefined : parseWholeNumber('--show', shown, { min: 0, max: MAX_VERSION });
  const history = await withZooKeeper(settings, signal, (session) => readRuleHistory(session, scope, { signal }));
  if (history.problem !== undefined) {
    output.note(`pulsekeeper: ${history.path}: ${history.problem}`);
  }
  const entries = version === undefined ? history.entries : [pick(history.entries, version, describeScope(scope))];
  if (output.isJson) {
    output.printJson(entries.map(toRow));
  } else if (version !== undefined) {
    output.print(await toYaml(entries[0]?.text ?? ''));
  } else if (entries.length === 0) {
    output.note(`nothing is kept of ${describeScope(scope)}; \`rules set\` and \`rules edit\` keep what they write`);
  } else {
    output.printTable(
      [
        { header: 'VERSION', value: (row) => String(row.version), align: 'right' },
        { header: 'AT', value: (row) => row.at },
        { header: 'BY', value: (row) => row.by ?? '-', minWidth: 8, cut: 'middle' },
        { header: 'RULE', value: (row) => (row.rule === null ? '(none)' : JSON.stringify(row.rule)), minWidth: 20 },
      ],
      entries.map(toRow),
    );
  }
  return ExitCode.Good;
}

/** The newest entry of a version: they begin anew when a znode is deleted and made again. */
function pick(entries: readonly RuleHistoryEntry[], version: number, what: string): RuleHistoryEntry {
  const entry = entries.find((candidate) => candidate.version === version);
  if (entry === undefined) {
    throw new CliError('NotFound', `version ${version} of ${what} is not kept; \`rules history\` lists those that are`);
  }
  return entry;
}

function toRow({ version, atMs, author, text }: RuleHistoryEntry): HistoryRow {
  return { version, at: formatInstant(atMs), by: author ?? null, rule: parseRule(text) };
}

function parseRule(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    // Written past us, and never a rule; there is nothing to show of it.
    return null;
  }
}
