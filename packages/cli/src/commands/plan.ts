import { parseWholeNumber } from '../arguments/whole-number.ts';
import { readPicture } from '../cluster/ask-both.ts';
import { assignmentAt } from '../cluster/ownership.ts';
import { listOption, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { membersAt } from '../views/members-at.ts';
import { inventMembers, planRing, type PlannedRing, type RingPlan } from '../views/ring-plan.ts';

const MAX_ADDED = 1000;
/** So many moves are named in the text; `--json` has all. */
const MAX_SHOWN = 20;

/** `pulsekeeper plan`: what would move, and how even the shares would be, with fewer or more collectors. */
export async function runPlan(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output } = context;
  const without = listOption(input, 'without').flatMap((list) => list.split(','));
  const withText = textOption(input, 'with');
  if (without.length === 0 && withText === undefined) {
    throw usageError('say what to plan: --without <collector>, --with <n>, or both');
  }
  const added = withText === undefined ? 0 : parseWholeNumber('--with', withText, { min: 1, max: MAX_ADDED });
  const picture = await readPicture(context, () => []);
  const members = membersAt(picture.collectors.values(), context.now()).map(({ id, capacity }) => ({ id, capacity }));
  const known = new Set(members.map(({ id }) => id));
  for (const id of without) {
    if (!known.has(id)) {
      throw new CliError(
        'NotFound',
        `no collector "${id}" takes part in the ring; \`pulsekeeper collectors\` lists them`,
      );
    }
  }
  const future = [...members.filter(({ id }) => !without.includes(id)), ...inventMembers(added, known)];
  const plan = planRing(
    picture.ids,
    members,
    future,
    assignmentAt(picture, context.now(), context.settings).ranks || context.settings.replication,
  );
  if (output.isJson) {
    output.printJson(plan);
  } else {
    printPlan(context, plan);
  }
  return ExitCode.Good;
}

function printPlan({ output }: CommandContext, { now, then, moved, targets }: RingPlan): void {
  const before = new Map(now.collectors.map(({ collector, targets }) => [collector, targets]));
  const after = new Map(then.collectors.map(({ collector, targets }) => [collector, targets]));
  const rows = [...new Set([...before.keys(), ...after.keys()])].sort();
  output.printTable(
    [
      { header: 'COLLECTOR', value: (id) => id, minWidth: 12, cut: 'middle' },
      { header: 'NOW', value: (id) => String(before.get(id) ?? '-'), align: 'right' },
      { header: 'THEN', value: (id) => String(after.get(id) ?? '-'), align: 'right' },
    ],
    rows,
  );
  if (targets.length > 0) {
    output.printLine();
    output.printTable(
      [
        { header: 'TARGET', value: ({ target }) => target, minWidth: 16, cut: 'middle' },
        { header: 'FROM', value: ({ from }) => from ?? '-', minWidth: 11, cut: 'middle' },
        { header: 'TO', value: ({ to }) => to ?? '-', minWidth: 11, cut: 'middle' },
      ],
      targets.slice(0, MAX_SHOWN),
    );
    if (targets.length > MAX_SHOWN) {
      output.printLine(output.palette.dim(`${targets.length - MAX_SHOWN} more; --json lists all`));
    }
    output.printLine();
  }
  const total = now.collectors.reduce((sum, { targets }) => sum + targets, 0);
  output.printLine(`${moved} of ${total} targets move; largest share ${balance(now)} now, ${balance(then)} then`);
}

function balance({ largestOverMean }: PlannedRing): string {
  return largestOverMean === null ? '-' : `${largestOverMean.toFixed(3)} × the mean`;
}
