import { explainInvalidName } from '@pulsekeeper/model';
import type { RuleScope } from '@pulsekeeper/registry';

import { hasFlag, textOption, type CommandInput } from '../command.ts';
import { usageError } from '../errors.ts';

/**
 * Reads `--defaults` or `--service <name>`; `undefined` when neither is given.
 *
 * @throws CliError `Usage` for both, or for a name that no service can have
 */
export function parseRuleScope(input: CommandInput): RuleScope | undefined {
  const service = textOption(input, 'service');
  if (hasFlag(input, 'defaults')) {
    if (service !== undefined) {
      throw usageError('--defaults and --service exclude each other');
    }
    return { kind: 'defaults' };
  }
  if (service === undefined) {
    return undefined;
  }
  const reason = explainInvalidName(service);
  if (reason !== undefined) {
    throw usageError(`--service: ${reason}`);
  }
  return { kind: 'service', service };
}
