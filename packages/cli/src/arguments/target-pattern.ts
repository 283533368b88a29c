import { explainInvalidName } from '@pulsekeeper/model';

import { usageError } from '../errors.ts';

/** What an argument names: one target in full, or all of a service. */
export interface TargetPattern {
  readonly text: string;
  readonly matches: (id: string) => boolean;
}

/**
 * Reads `service/instance` or `service` from the command line.
 *
 * @throws CliError `Usage` for what is neither
 */
export function parseTargetPattern(text: string): TargetPattern {
  const names = text.split('/');
  const reason = names.length > 2 ? 'it has more than one slash' : names.map(explainInvalidName).find(Boolean);
  if (reason !== undefined) {
    throw usageError(`target "${text}": expected service/instance or service, but ${reason}`);
  }
  return { text, matches: (id) => id === text || id.startsWith(`${text}/`) };
}
