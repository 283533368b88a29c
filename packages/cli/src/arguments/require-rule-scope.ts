import type { RuleScope } from '@pulsekeeper/registry';

import { parseRuleScope } from './rule-scope.ts';
import type { CommandInput } from '../command.ts';
import { usageError } from '../errors.ts';

/** Reads `--defaults` or `--service <name>`, one of which must be given. @throws CliError `Usage` */
export function requireRuleScope(input: CommandInput): RuleScope {
  const scope = parseRuleScope(input);
  if (scope === undefined) {
    throw usageError('say whose rule it is: --service <name> or --defaults');
  }
  return scope;
}
