import { readRuleFile } from '../arguments/rule-file.ts';
import { parseRuleScope } from '../arguments/rule-scope.ts';
import type { CommandContext, CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

/** `pulsekeeper rules validate <file>`: checks a rule without any server. */
export async function runRulesValidate({ output }: CommandContext, input: CommandInput): Promise<ExitCode> {
  const path = input.args[0] ?? '';
  const scope = parseRuleScope(input) ?? { kind: 'service', service: 'any' };
  await readRuleFile(path, scope);
  if (output.isJson) {
    output.printJson({ file: path, valid: true });
  } else {
    output.printLine(
      `${path === '-' ? 'standard input' : path} is a good rule of ${scope.kind === 'defaults' ? 'the cluster' : 'a service'}`,
    );
  }
  return ExitCode.Good;
}
