import { parseTargetId, type TargetId } from '@pulsekeeper/model';

import { messageOf, usageError } from '../errors.ts';

/**
 * Reads a target `<service>/<instance>` from the command line.
 *
 * @throws CliError `Usage` with the reason
 */
export function parseTargetArgument(text: string): TargetId {
  try {
    return parseTargetId(text);
  } catch (error) {
    throw usageError(messageOf(error), error);
  }
}
