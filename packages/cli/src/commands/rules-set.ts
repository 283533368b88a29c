import { readRule } from '@pulsekeeper/registry';

import { requireRuleScope } from '../arguments/require-rule-scope.ts';
import { readRuleFile } from '../arguments/rule-file.ts';
import { parseWholeNumber } from '../arguments/whole-number.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { readImpact } from '../rules/read-impact.ts';
import { printImpacts } from '../rules/rule-impact-table.ts';
import { storeRule } from '../rules/store-rule.ts';

const MAX_VERSION = 2_147_483_647;

/** `pulsekeeper rules set <file>`: writes a rule over the version that was read, or shows what it would change. */
export async function runRulesSet(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const scope = requireRuleScope(input);
  const ifVersion = textOption(input, 'ifVersion');
  const pinned =
    ifVersion === undefined ? undefined : parseWholeNumber('--if-version', ifVersion, { min: 0, max: MAX_VERSION });
  const { data } = await readRuleFile(input.args[0] ?? '', scope);
  const isDryRun = hasFlag(input, 'dryRun');
  const { impacts, version } = await withZooKeeper(settings, signal, async (session) => {
    const before = await readRule(session, scope, { signal });
    const impact = await readImpact(session, scope, data, signal);
    if (isDryRun) {
      return { impacts: impact, version: before.version };
    }
    const expectedVersion = pinned ?? before.version;
    const written = await storeRule(session, scope, data, { expectedVersion, signal });
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
