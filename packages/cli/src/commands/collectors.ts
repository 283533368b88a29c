import { noteOutages } from '../cluster/ask-both.ts';
import { lookAtCluster } from '../cluster/look-at-cluster.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { collectorColumns } from './status-screen.ts';

/** `pulsekeeper collectors`: every collector with its share, its ring and how its slots went. */
export async function runCollectors(context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const look = await lookAtCluster(context, 'doubtful');
  const { registry, store } = look.answers;
  if (!registry.ok && !store.ok) {
    throw registry.error;
  }
  noteOutages(context, look.answers);
  if (output.isJson) {
    output.printJson(look.collectors);
  } else if (look.collectors.length === 0) {
    output.note('no collector is registered');
  } else {
    output.printTable(collectorColumns(look.nowMs), look.collectors);
  }
  return registry.ok && store.ok ? ExitCode.Good : ExitCode.Unreachable;
}
