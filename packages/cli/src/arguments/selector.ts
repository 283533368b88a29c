import { parseSelector, type Matcher } from '@pulsekeeper/model';

import { messageOf, usageError } from '../errors.ts';

/**
 * Reads a selector such as `up{service="web"}` from the command line.
 *
 * @throws CliError `Usage` with the parser's message, which holds the column, and a hint about quoting, since shells eat quotes
 */
export function parseSelectorArgument(text: string): Matcher[] {
  try {
    return parseSelector(text);
  } catch (error) {
    const hint =
      text.includes('=') && !/["'`]/.test(text) ? '; the shell took the quotes? write \'up{service="web"}\'' : '';
    throw usageError(`selector ${text}: ${messageOf(error)}${hint}`, error);
  }
}
