import type { Output } from '../output/output.ts';
import type { RuleImpact } from '../views/rule-impact.ts';

/** So many targets are named in the table; `--json` has all. */
const MAX_SHOWN = 20;

/** Prints what a rule changes for which targets; the line below says how many there are. */
export function printImpacts(output: Output, impacts: readonly RuleImpact[], verb: string): void {
  const rows = impacts
    .slice(0, MAX_SHOWN)
    .flatMap(({ target, changes, rejected }) => [
      ...changes.map(({ field, from, to }) => ({ target, field, from: JSON.stringify(from), to: JSON.stringify(to) })),
      ...(rejected === null
        ? []
        : [{ target, field: 'rejected', from: rejected.from ?? 'no', to: rejected.to ?? 'no' }]),
    ]);
  if (rows.length > 0) {
    output.printTable(
      [
        { header: 'TARGET', value: ({ target }) => target, minWidth: 16, cut: 'middle' },
        { header: 'FIELD', value: ({ field }) => field },
        { header: 'FROM', value: ({ from }) => from, minWidth: 8 },
        { header: 'TO', value: ({ to }) => to, minWidth: 8 },
      ],
      rows,
    );
  }
  const more = impacts.length > MAX_SHOWN ? ` (${MAX_SHOWN} are shown)` : '';
  output.printLine(`${verb} ${impacts.length} targets${more}`);
}
