import type { CommandDefinition, RunCommand } from '../command.ts';
import { completionScript, SHELLS } from '../completion/completion-script.ts';
import { usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';

/** `pulsekeeper completion <shell>` for a table of commands: a script that completes commands and options. */
export function completionRunner(commands: readonly CommandDefinition[]): RunCommand {
  return ({ output }, input) => {
    const [name] = input.args;
    const shell = SHELLS.find((known) => known === name);
    if (shell === undefined) {
      throw usageError(`completion "${String(name)}": expected one of ${SHELLS.join(', ')}`);
    }
    const script = completionScript(shell, commands, GLOBAL_OPTIONS);
    if (output.isJson) {
      output.printJson({ shell, script });
    } else {
      output.print(script);
    }
    return Promise.resolve(ExitCode.Good);
  };
}
