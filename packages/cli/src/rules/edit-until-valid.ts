import { readFile, writeFile } from 'node:fs/promises';

import type { RuleScope } from '@pulsekeeper/registry';

import { parseRuleText } from '../arguments/rule-file.ts';
import { CliError, usageError } from '../errors.ts';

/** What the editing needs of the person and the machine. */
export interface EditPorts {
  /** Opens a file in the editor; resolves with its exit code once it has ended. */
  readonly openEditor: (path: string) => Promise<number>;
  /** Whether to edit again after a mistake; `false` where nobody can be asked. */
  readonly askAgain: (mistake: string) => Promise<boolean>;
}

/**
 * Has a text edited until it is a valid rule. Resolves with its bytes, or with `undefined` when nothing was changed.
 *
 * The file stays, whatever happens: what somebody typed is not thrown away here.
 *
 * @throws CliError `Usage` when the editor fails, or the rule is wrong and is not edited again
 */
export async function editUntilValid(
  path: string,
  original: string,
  scope: RuleScope,
  { openEditor, askAgain }: EditPorts,
): Promise<Uint8Array | undefined> {
  await writeFile(path, original, { mode: 0o600 });
  for (;;) {
    const code = await openEditor(path);
    if (code !== 0) {
      throw usageError(`the editor ended with ${code}; nothing was written`);
    }
    const text = await readFile(path, 'utf8');
    if (text === original) {
      return undefined;
    }
    try {
      return (await parseRuleText(text, path, scope)).data;
    } catch (error) {
      if (!(error instanceof CliError) || !(await askAgain(error.message))) {
        throw error;
      }
    }
  }
}
