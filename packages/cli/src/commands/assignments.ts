import { readPicture } from '../cluster/ask-both.ts';
import { assignmentAt } from '../cluster/ownership.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

/** `pulsekeeper assignments`: which targets the ring gives to which collector at this moment. */
export async function runAssignments(context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const picture = await readPicture(context, () => []);
  const nowMs = context.now();
  const assignment = assignmentAt(picture, nowMs, context.settings);
  const { members } = assignment;
  const rows = picture.ids.map((id) => ({ target: id, owners: assignment.ownersOf(id) }));
  if (output.isJson) {
    output.printJson({
      version: assignment.version,
      replication: assignment.ranks,
      collectors: members.map((collector) => ({ collector, targets: assignment.targetsOf(collector, 0) })),
    });
    return members.length === 0 && rows.length > 0 ? ExitCode.NotAsItShouldBe : ExitCode.Good;
  }
  if (members.length === 0) {
    output.note('no collector is registered; nobody owns anything');
    return rows.length > 0 ? ExitCode.NotAsItShouldBe : ExitCode.Good;
  }
  output.printTable(
    [
      { header: 'TARGET', value: ({ target }) => target, minWidth: 16, cut: 'middle' },
      { header: assignment.ranks > 1 ? 'OWNERS' : 'OWNER', value: ({ owners }) => owners.join(', '), minWidth: 12 },
    ],
    rows,
  );
  const mean = rows.length / members.length;
  const loads = members.map((member) => assignment.loadOf(member, 0));
  const balance =
    mean === 0 ? 'nothing to balance' : `largest share ${(Math.max(...loads) / mean).toFixed(2)} × the mean`;
  output.printLine(`ring ${assignment.version}: ${rows.length} targets on ${members.length} collectors, ${balance}`);
  return ExitCode.Good;
}
