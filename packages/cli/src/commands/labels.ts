import { escapeUnsafe } from '@pulsekeeper/model';

import { withStore } from '../cluster/redis.ts';
import type { CommandContext, CommandInput } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

/** `pulsekeeper labels [name]`: the names of all labels, or the values of one. */
export async function runLabels(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const [name] = input.args;
  const found = await withStore(settings, signal, ({ reader }) =>
    name === undefined ? reader.labelNames({ signal }) : reader.labelValues(name, { signal }),
  );
  const values = [...found].sort();
  if (output.isJson) {
    output.printJson(values);
  } else if (values.length === 0) {
    output.note(name === undefined ? 'the store holds no series' : `no series has the label ${escapeUnsafe(name)}`);
  } else {
    output.print(values.map((value) => `${escapeUnsafe(value)}\n`).join(''));
  }
  return ExitCode.Good;
}
