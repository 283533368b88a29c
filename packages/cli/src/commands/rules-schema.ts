import { readFile } from 'node:fs/promises';

import { parseRuleScope } from '../arguments/rule-scope.ts';
import type { CommandContext, CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { ruleSchemaPath } from '../rules/rule-text.ts';

/** `pulsekeeper rules schema`: the JSON schema of a rule, for editors and for checks elsewhere. */
export async function runRulesSchema({ output }: CommandContext, input: CommandInput): Promise<ExitCode> {
  const scope = parseRuleScope(input) ?? { kind: 'service', service: 'any' };
  output.print(await readFile(ruleSchemaPath(scope), 'utf8'));
  return ExitCode.Good;
}
