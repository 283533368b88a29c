import type { TargetId } from '@pulsekeeper/model';
import type { FrameReader } from '@pulsekeeper/store';

import { parseTargetPattern, type TargetPattern } from '../arguments/target-pattern.ts';
import { parseDurationOption, parseTimeRange } from '../arguments/time-range.ts';
import { finishAccounts, readRecords, unsettledTargets, type OpenAccount } from '../cluster/account-targets.ts';
import { noteOutages } from '../cluster/ask-both.ts';
import { askNamed } from '../cluster/ask-doubtful.ts';
import { hasFlag, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError } from '../errors.ts';
import { ExitCode, worstExitCode } from '../exit-code.ts';
import type { SlotWindow } from '../views/slot-account.ts';
import {
  toVerification,
  type AccountedTarget,
  type TargetVerification,
  type Verification,
} from '../views/verification.ts';

const MAX_GRACE_MS = 3_600_000;
/** So many runs of missing slots are named in the table. */
const MAX_RUNS_SHOWN = 2;

/** `pulsekeeper verify`: counts from the store alone which slots are there and which are missing. */
export async function runVerify(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const nowMs = context.now();
  const range = parseTimeRange({ since: textOption(input, 'since') ?? '1h', until: textOption(input, 'until') }, nowMs);
  const graceMs = parseDurationOption('--grace', textOption(input, 'grace') ?? '2s', { minMs: 0, maxMs: MAX_GRACE_MS });
  const window: SlotWindow = { ...range, nowMs, graceMs };
  const patterns = input.args.map(parseTargetPattern);
  const isWanted = (id: string): boolean => patterns.length === 0 || patterns.some(({ matches }) => matches(id));
  const answers = await askNamed(
    context,
    ({ reader }, ids) => readAll(context, reader, ids, window, isWanted),
    (_, accounts) => unsettledTargets(accounts),
  );
  if (!answers.store.ok) {
    throw answers.store.error;
  }
  noteOutages(context, answers);
  const picture = answers.registry.ok ? answers.registry.value : undefined;
  const accounted = finishAccounts(answers.store.value, picture);
  refuseUnknown(patterns, accounted);
  const verification = toVerification(accounted, window);
  print(context, verification, hasFlag(input, 'all'));
  return worstExitCode(
    answers.registry.ok ? ExitCode.Good : ExitCode.Unreachable,
    verification.missing + verification.doubled > 0 ? ExitCode.NotAsItShouldBe : ExitCode.Good,
  );
}

async function readAll(
  { output, signal }: CommandContext,
  reader: FrameReader,
  registered: readonly TargetId[],
  window: SlotWindow,
  isWanted: (id: string) => boolean,
): Promise<OpenAccount[]> {
  const stored = (await reader.targets({ signal })).map(({ id }) => id);
  const ids = [...new Set([...registered, ...stored])].filter(isWanted).sort();
  const progress = output.progress({ label: 'verify', total: ids.length, unit: 'targets' });
  try {
    return await readRecords(reader, { ids, window, signal, onRead: () => progress.advance() });
  } finally {
    progress.done();
  }
}

function print({ output }: CommandContext, verification: Verification, isAll: boolean): void {
  if (output.isJson) {
    output.printJson(verification);
    return;
  }
  const { expected, written, failed, missing, doubled, targets, from, until } = verification;
  const shown = isAll ? targets : targets.filter((target) => target.missing + target.doubled > 0);
  if (shown.length > 0) {
    output.printTable(
      [
        { header: 'TARGET', value: ({ target }) => target, minWidth: 16, cut: 'middle' },
        { header: 'EVERY', value: ({ interval }) => interval ?? '-', align: 'right', dropOrder: 2 },
        { header: 'EXPECTED', value: (row) => String(row.expected), align: 'right' },
        { header: 'WRITTEN', value: (row) => String(row.written), align: 'right' },
        { header: 'FAILED', value: (row) => String(row.failed), align: 'right', dropOrder: 1 },
        { header: 'MISSING', value: (row) => String(row.missing), align: 'right' },
        { header: 'DOUBLED', value: (row) => String(row.doubled), align: 'right', dropOrder: 0 },
        { header: 'MISSING SLOTS', value: describeRuns, minWidth: 26 },
      ],
      shown,
    );
  }
  const { palette } = output;
  const paint = missing + doubled === 0 ? palette.good : palette.bad;
  const counts = `${expected} expected, ${written} written (${failed} as down), ${missing} missing, ${doubled} doubled`;
  output.printLine(paint(`${targets.length} targets, ${from} to ${until}: ${counts}`));
}

function describeRuns({ missingSlots }: TargetVerification): string {
  const runs = missingSlots
    .slice(0, MAX_RUNS_SHOWN)
    .map(({ first, last, count }) => (count === 1 ? first : `${first} to ${last} (${count})`));
  return runs.join(', ') + (missingSlots.length > MAX_RUNS_SHOWN ? ', …' : '');
}

/** A typing mistake must not pass for a target without a defect. */
function refuseUnknown(patterns: readonly TargetPattern[], found: readonly AccountedTarget[]): void {
  const unknown = patterns.filter(({ matches }) => !found.some(({ target }) => matches(target)));
  if (unknown.length > 0) {
    throw new CliError(
      'NotFound',
      `neither registered nor in the store: ${unknown.map(({ text }) => text).join(', ')}; \`pulsekeeper targets\` lists what is registered`,
    );
  }
}
