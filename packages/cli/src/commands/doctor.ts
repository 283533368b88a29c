import { bothSettled } from '../cluster/ask-both.ts';
import { lookAtSettledCluster } from '../cluster/look-at-cluster.ts';
import { findOpenZnodes } from '../cluster/open-znodes.ts';
import { probeEnsemble } from '../cluster/probe-ensemble.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode, worstExitCode } from '../exit-code.ts';
import type { Palette, Paint } from '../output/palette.ts';
import { checkUp, type Check, type CheckOutcome } from '../views/checkup.ts';
import { toStatusReport } from './status.ts';

const MARKS: Readonly<Record<CheckOutcome, string>> = { ok: 'ok', warning: 'warn', error: 'FAIL', skipped: 'skip' };

/** `pulsekeeper doctor`: checks the servers, the collectors and the registrations, and says what to do. */
export async function runDoctor(context: CommandContext): Promise<ExitCode> {
  const { output, settings } = context;
  const probed = bothSettled(probeEnsemble(settings.zookeeper, context.signal), findOpenZnodes(context));
  const [look, [ensemble, openZnodes]] = await bothSettled(lookAtSettledCluster(context), probed);
  const report = toStatusReport(context, look, ensemble);
  const { store, registry } = look.answers;
  const checks = checkUp({
    report,
    openZnodes,
    servers: store.ok ? { ok: true, value: store.value.servers } : store,
    sources: settings.sources,
    nodeVersion: process.versions.node,
  });
  if (output.isJson) {
    output.printJson({ checks });
  } else {
    printChecks(context, checks);
  }
  return worstExitCode(
    registry.ok && store.ok ? ExitCode.Good : ExitCode.Unreachable,
    checks.some(({ outcome }) => outcome === 'error') ? ExitCode.NotAsItShouldBe : ExitCode.Good,
  );
}

function printChecks({ output }: CommandContext, checks: readonly Check[]): void {
  output.printTable(
    [
      {
        header: '',
        value: ({ outcome }) => MARKS[outcome],
        paint: ({ outcome }, palette) => outcomePaint(outcome, palette),
      },
      { header: 'CHECK', value: ({ check }) => check },
      { header: 'FOUND', value: ({ detail }) => detail, minWidth: 20 },
    ],
    checks,
  );
  const advised = checks.filter(({ advice }) => advice !== null);
  if (advised.length > 0) {
    output.printLine();
  }
  for (const { check, advice } of advised) {
    output.printParagraph('', `${check}: ${String(advice)}`);
  }
}

function outcomePaint(outcome: CheckOutcome, palette: Palette): Paint {
  switch (outcome) {
    case 'ok':
      return palette.good;
    case 'warning':
      return palette.warning;
    case 'error':
      return palette.bad;
    case 'skipped':
      return palette.dim;
  }
}
