import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { readRule, type RuleScope, type StoredRule } from '@pulsekeeper/registry';

import { requireRuleScope } from '../arguments/require-rule-scope.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import { hasFlag, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, messageOf, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { askYesNo } from '../output/ask.ts';
import { editUntilValid } from '../rules/edit-until-valid.ts';
import { readImpact } from '../rules/read-impact.ts';
import { printImpacts } from '../rules/rule-impact-table.ts';
import { toEditableText } from '../rules/rule-text.ts';
import { storeRule } from '../rules/store-rule.ts';
import type { RuleImpact } from '../views/rule-impact.ts';

/** What came of an edit. */
interface EditResult {
  readonly written: boolean;
  readonly version: number | undefined;
  readonly impacts: readonly RuleImpact[];
}

/** `pulsekeeper rules edit`: a rule in the user's editor, checked, shown what it changes, and written over what was read. */
export async function runRulesEdit(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output } = context;
  const scope = requireRuleScope(input);
  const isAsked = !hasFlag(input, 'yes');
  if (isAsked && !process.stdin.isTTY) {
    throw usageError('standard input is no terminal to ask at; --yes writes a valid rule without asking');
  }
  const { written, version, impacts } = await edit(context, scope, isAsked);
  if (output.isJson) {
    output.printJson({ written, version: version ?? null, targets: impacts });
  } else {
    output.printLine(written ? `written as version ${String(version)}` : 'nothing was written');
  }
  return ExitCode.Good;
}

async function edit(context: CommandContext, scope: RuleScope, isAsked: boolean): Promise<EditResult> {
  const { settings, signal, output } = context;
  const before = await withZooKeeper(settings, signal, (session) => readRule(session, scope, { signal }));
  const path = join(await mkdtemp(join(tmpdir(), 'pulsekeeper-rule-')), 'rule.yaml');
  const original = await toEditableText(scope, before);
  let edited: EditResult | undefined;
  try {
    const data = await editUntilValid(path, original, scope, {
      openEditor: (file) => openEditor(file, context),
      askAgain: async (mistake) => {
        output.note(`pulsekeeper: ${mistake}`);
        return isAsked && (await askYesNo('edit again?', output.errors, signal));
      },
    });
    edited = data === undefined ? undefined : await write(context, scope, before, data, isAsked);
  } catch (error) {
    if (!(await isTyped(path, original))) {
      await rm(dirname(path), { recursive: true });
      throw error;
    }
    const kept = `your text is kept in ${path}`;
    if (signal.aborted) {
      // Ctrl-C ends in no message of its own.
      output.note(`pulsekeeper: ${kept}`);
      throw error;
    }
    const code = error instanceof CliError ? error.code : 'Refused';
    throw new CliError(code, `${messageOf(error)}; ${kept}`, { cause: error });
  }
  if (edited?.written === false) {
    output.note(`pulsekeeper: your text is kept in ${path}`);
  } else {
    await rm(dirname(path), { recursive: true });
  }
  return edited ?? { written: false, version: before.version, impacts: [] };
}

/** Whether the file holds more than what was put there. */
async function isTyped(path: string, original: string): Promise<boolean> {
  try {
    return (await readFile(path, 'utf8')) !== original;
  } catch {
    // Not there any more: the editor took it away, or it was never written.
    return false;
  }
}

/** Shows what the rule changes and writes it over the version that was read before it was edited. */
async function write(
  { settings, signal, output }: CommandContext,
  scope: RuleScope,
  before: StoredRule,
  data: Uint8Array,
  isAsked: boolean,
): Promise<EditResult> {
  return withZooKeeper(settings, signal, async (session) => {
    const impacts = await readImpact(session, scope, data, signal);
    if (!output.isJson) {
      printImpacts(output, impacts, 'the rule changes');
    }
    if (isAsked && !(await askYesNo('write it?', output.errors, signal))) {
      return { written: false, version: before.version, impacts };
    }
    const { version } = await storeRule(session, scope, data, { expectedVersion: before.version, signal });
    return { written: true, version, impacts };
  });
}

/** Runs `$VISUAL`, `$EDITOR` or vi on the terminal; the variable may hold arguments, as in `code --wait`. */
async function openEditor(path: string, { env, signal }: CommandContext): Promise<number> {
  const editor = [env['VISUAL'], env['EDITOR']].find((value) => value !== undefined && value !== '') ?? 'vi';
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, editor, path], { stdio: 'inherit', signal });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
