import { readRule, type RuleScope } from '@pulsekeeper/registry';

import { requireRuleScope } from '../arguments/require-rule-scope.ts';
import { readRuleFile } from '../arguments/rule-file.ts';
import { parseWholeNumber } from '../arguments/whole-number.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { readImpact } from '../rules/read-impact.ts';
import { nameOfScope, type RuleHeader } from '../rules/rule-header.ts';
import { printImpacts } from '../rules/rule-impact-table.ts';
import { describeScope } from '../rules/rule-text.ts';
import { storeRule } from '../rules/store-rule.ts';

const MAX_VERSION = 2_147_483_647;

/**
 * `pulsekeeper rules set <file>`: writes a rule, or shows what it would change. Over which version: the one that
 * `--if-version` says, else that in the first line of a file which `rules get --yaml` wrote, else the present one.
 */
export async function runRulesSet(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const scope = requireRuleScope(input);
  const ifVersion = textOption(input, 'ifVersion');
  const pinned =
    ifVersion === undefined ? undefined : parseWholeNumber('--if-version', ifVersion, { min: 0, max: MAX_VERSION });
  const { data, header } = await readRuleFile(input.args[0] ?? '', scope);
  const read = pinned === undefined ? ofScope(header, scope) : { version: pinned };
  const isDryRun = hasFlag(input, 'dryRun');
  const { impacts, version } = await withZooKeeper(settings, signal, async (session) => {
    const before = await readRule(session, scope, { signal });
    if (read !== undefined && read.version !== before.version) {
      throw changedMeanwhile(scope, read.version, before.version);
    }
    const impact = await readImpact(session, scope, data, signal);
    if (isDryRun) {
      return { impacts: impact, version: before.version };
    }
    const written = await storeRule(session, scope, data, { expectedVersion: before.version, signal });
    return { impacts: impact, version: written.version };
  });
  if (output.isJson) {
    output.printJson({ written: !isDryRun, version: version ?? null, targets: impacts });
  } else {
    const verb = isDryRun ? 'the rule would change' : `written as version ${String(version)}; it changes`;
    printImpacts(output, impacts, verb);
  }
  return ExitCode.Good;
}

/** What the first line of a file says, which must be of the rule that is set. */
function ofScope(header: RuleHeader | undefined, scope: RuleScope): RuleHeader | undefined {
  if (header !== undefined && header.name !== nameOfScope(scope)) {
    throw usageError(
      `the first line says that the rule is of ${header.name}, and it is set for ${nameOfScope(scope)}; take that line away if this is meant`,
    );
  }
  return header;
}

function changedMeanwhile(scope: RuleScope, read: number | undefined, present: number | undefined): CliError {
  const versions = `version ${present ?? 'none'} by now, not ${read ?? 'none'}`;
  return new CliError(
    'Conflict',
    `the rule of ${describeScope(scope)} was changed by somebody else: ${versions}; nothing was written, look with \`rules get\` and try again`,
  );
}
