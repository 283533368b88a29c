import { splitTargetId, type TargetId } from '@pulsekeeper/model';
import {
  readCluster,
  readRule,
  RegistryError,
  writeRule,
  type RuleScope,
  type StoredRule,
} from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import { readRuleFile } from '../arguments/rule-file.ts';
import { parseRuleScope } from '../arguments/rule-scope.ts';
import { parseWholeNumber } from '../arguments/whole-number.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { ruleImpact, type RuleImpact } from '../views/rule-impact.ts';

const MAX_VERSION = 2_147_483_647;
/** So many targets are named in the table; `--json` has all. */
const MAX_SHOWN = 20;

/** `pulsekeeper rules set <file>`: writes a rule over the version that was read, or shows what it would change. */
export async function runRulesSet(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const scope = parseRuleScope(input);
  if (scope === undefined) {
    throw usageError('say whose rule it is: --service <name> or --defaults');
  }
  const ifVersion = textOption(input, 'ifVersion');
  const pinned =
    ifVersion === undefined ? undefined : parseWholeNumber('--if-version', ifVersion, { min: 0, max: MAX_VERSION });
  const { data } = await readRuleFile(input.args[0] ?? '', scope);
  const isDryRun = hasFlag(input, 'dryRun');
  const { impacts, version } = await withZooKeeper(settings, signal, async (session) => {
    const before = await readRule(session, scope, { signal });
    const snapshot = await readCluster(session, { signal, select: (ids) => ids.filter((id) => isInScope(id, scope)) });
    const impact = ruleImpact(snapshot, scope, data);
    if (isDryRun) {
      return { impacts: impact, version: before.version };
    }
    const written = await write(session, scope, data, pinned ?? before.version, signal);
    return { impacts: impact, version: written.version };
  });
  if (output.isJson) {
    output.printJson({ written: !isDryRun, version: version ?? null, targets: impacts });
  } else {
    printImpacts(context, impacts, isDryRun, version);
  }
  return ExitCode.Good;
}

function isInScope(id: TargetId, scope: RuleScope): boolean {
  return scope.kind === 'defaults' || splitTargetId(id).service === scope.service;
}

async function write(
  session: ZkSession,
  scope: RuleScope,
  data: Uint8Array,
  expectedVersion: number | undefined,
  signal: AbortSignal,
): Promise<StoredRule> {
  try {
    return await writeRule(session, scope, data, { expectedVersion, signal });
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'Conflict') {
      throw new CliError('Conflict', `${error.message}; nothing was written, look with \`rules get\` and try again`, {
        cause: error,
      });
    }
    throw error;
  }
}

function printImpacts(
  { output }: CommandContext,
  impacts: readonly RuleImpact[],
  isDryRun: boolean,
  version: number | undefined,
): void {
  const rows = impacts
    .slice(0, MAX_SHOWN)
    .flatMap(({ target, changes, rejected }) => [
      ...changes.map(({ field, from, to }) => ({ target, field, from: JSON.stringify(from), to: JSON.stringify(to) })),
      ...(rejected === null
        ? []
        : [{ target, field: 'rejected', from: rejected.from ?? 'no', to: rejected.to ?? 'no' }]),
    ]);
  if (rows.length > 0) {
    output.printTable(
      [
        { header: 'TARGET', value: ({ target }) => target, minWidth: 16, cut: 'middle' },
        { header: 'FIELD', value: ({ field }) => field },
        { header: 'FROM', value: ({ from }) => from, minWidth: 8 },
        { header: 'TO', value: ({ to }) => to, minWidth: 8 },
      ],
      rows,
    );
  }
  const more = impacts.length > MAX_SHOWN ? ` (${MAX_SHOWN} are shown)` : '';
  const verb = isDryRun ? 'would change' : `written as version ${String(version)}; it changes`;
  output.printLine(`${isDryRun ? 'the rule ' : ''}${verb} ${impacts.length} targets${more}`);
}
