import type { TargetId } from '@pulsekeeper/model';
import type { LastReport, Store } from '@pulsekeeper/store';

import { parseDurationOption } from '../arguments/time-range.ts';
import { finishAccounts, readRecords } from '../cluster/account-targets.ts';
import { askBoth, noteOutages, type BothAnswers } from '../cluster/ask-both.ts';
import { askDoubtful, askNamed } from '../cluster/ask-doubtful.ts';
import { everyTarget, type ClusterPicture } from '../cluster/cluster-picture.ts';
import { assignmentAt } from '../cluster/ownership.ts';
import { listOption, textOption, type CommandContext, type CommandInput } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatAge } from '../output/format-age.ts';
import type { Column } from '../output/table.ts';
import { readHeartbeat, type Heartbeat } from '../views/heartbeat.ts';
import type { SlotWindow } from '../views/slot-account.ts';
import {
  countHealth,
  eachTarget,
  type TargetEntry,
  type TargetHealth,
  type TargetSlots,
} from '../views/target-list.ts';
import { healthPaint } from './health-paint.ts';

/** The same grace as the default of `verify`. */
const GRACE_MS = 2000;
const SLOTS_BOUNDS = { minMs: 1000, maxMs: 31_536_000_000 };
const HEALTHS: readonly TargetHealth[] = ['up', 'down', 'unknown', 'rejected'];

/** `pulsekeeper targets`: every registered target, who owns it and how it does. */
export async function runTargets(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const isWanted = readFilters(input);
  const window = readWindow(context, input);
  const answers = await ask(context, window);
  if (!answers.registry.ok) {
    // What is registered is known to ZooKeeper alone; without it there is no list.
    throw answers.registry.error;
  }
  const picture = answers.registry.value;
  const nowMs = context.now();
  const assignment = assignmentAt(picture, nowMs, context.settings);
  refuseUnknown(input, picture, assignment.members);
  noteOutages(context, answers);
  const entries = eachTarget({
    targets: everyTarget(picture),
    ownersOf: (id) => assignment.ownersOf(id),
    reports: answers.store.ok ? { ok: true, value: answers.store.value.reports } : answers.store,
    slots: answers.store.ok ? answers.store.value.slots : undefined,
    heartbeats: answers.store.ok ? answers.store.value.heartbeats : undefined,
    nowMs,
  });
  if (context.output.isJson) {
    // All has been read by now: what is begun comes to its end.
    await context.output.printJsonList(only(isWanted, entries));
  } else {
    printTargets(context, [...only(isWanted, entries)], nowMs, window !== undefined);
  }
  // A target that is down is an answer, not a failure to give one; `status` and `doctor` judge.
  return answers.store.ok ? ExitCode.Good : ExitCode.Unreachable;
}

function* only<T>(isWanted: (item: T) => boolean, items: Iterable<T>): Generator<T, void, void> {
  for (const item of items) {
    if (isWanted(item)) {
      yield item;
    }
  }
}

/** What the store says of the targets. */
interface TargetsAnswer {
  readonly reports: ReadonlyMap<TargetId, LastReport>;
  readonly heartbeats: readonly Heartbeat[];
  readonly slots?: ReadonlyMap<TargetId, TargetSlots> | undefined;
}

/** Only JSON shows the URL, and only slots are counted by the rule: for a table most registrations need not be read. */
function ask(context: CommandContext, window: SlotWindow | undefined): Promise<BothAnswers<TargetsAnswer>> {
  const askStore = (store: Store, ids: readonly TargetId[]): Promise<TargetsAnswer> => askTargets(context, store, ids);
  if (window !== undefined) {
    return askBoth(context, async (store, picture) => {
      const answer = await askStore(store, picture?.ids ?? []);
      return { ...answer, slots: await countSlots(context, store, picture, window) };
    });
  }
  return context.output.isJson ? askNamed(context, askStore) : askDoubtful(context, askStore);
}

async function askTargets({ signal }: CommandContext, store: Store, ids: readonly TargetId[]): Promise<TargetsAnswer> {
  const [reports, statuses] = await Promise.all([
    store.reader.lastReports(ids, { signal, withCollector: false }),
    store.readCollectorStatuses({ signal }),
  ]);
  return { reports, heartbeats: statuses.map(readHeartbeat) };
}

async function countSlots(
  { output, signal }: CommandContext,
  { reader }: Store,
  picture: ClusterPicture | undefined,
  window: SlotWindow,
): Promise<Map<TargetId, TargetSlots>> {
  const ids = picture?.ids ?? [];
  const progress = output.progress({ label: 'targets', total: ids.length, unit: 'targets' });
  const onRead = (): void => progress.advance();
  const accounts = await readRecords(reader, { ids, window, signal, onRead }).finally(() => progress.done());
  const slots = finishAccounts(accounts, picture).map(({ target, account }) => {
    const { expected, written, failed, late, missing, doubled } = account;
    return [target, { expected, written, failed, late, missing, doubled }] as const;
  });
  return new Map(slots);
}

function printTargets(
  { output }: CommandContext,
  entries: readonly TargetEntry[],
  nowMs: number,
  hasSlots: boolean,
): void {
  if (entries.length === 0) {
    output.note('no target is registered that matches');
    return;
  }
  const [target, ...columns] = hasSlots
    ? [...targetColumns(nowMs).slice(0, -1), ...SLOT_COLUMNS]
    : targetColumns(nowMs);
  const hasForeign = entries.some(({ registration }) => registration !== 'own');
  const all = hasForeign ? [target, REGISTRATION_COLUMN, ...columns] : [target, ...columns];
  output.printTable(
    all.filter((column) => column !== undefined),
    entries,
  );
  const counts = countHealth(entries);
  const summary = HEALTHS.filter((health) => counts[health] > 0).map((health) => `${counts[health]} ${health}`);
  output.printLine(`${entries.length} targets: ${summary.join(', ')}`);
}

/** The columns of the list; `status` and `top` show the worst targets with them. */
export function targetColumns(nowMs: number): readonly Column<TargetEntry>[] {
  return [
    { header: 'TARGET', value: ({ target }) => target, minWidth: 16, cut: 'middle' },
    {
      header: 'HEALTH',
      value: ({ health }) => health,
      paint: ({ health }, palette) => healthPaint(health, palette),
    },
    { header: 'OWNER', value: ({ owner }) => owner ?? '-', minWidth: 11, cut: 'middle', dropOrder: 1 },
    { header: 'EVERY', value: ({ interval }) => interval ?? '-', align: 'right', dropOrder: 3 },
    { header: 'LAST', value: ({ lastScrape }) => ageOf(lastScrape, nowMs), align: 'right', dropOrder: 2 },
    {
      header: 'SAMPLES',
      value: ({ samples }) => (samples === null ? '-' : String(samples)),
      align: 'right',
      dropOrder: 4,
    },
    { header: 'ERROR', value: ({ lastError }) => lastError ?? '', minWidth: 28 },
  ];
}

/** Only where some are registered in the format of others. */
const REGISTRATION_COLUMN: Column<TargetEntry> = {
  header: 'FORMAT',
  value: ({ registration }) => registration,
  dropOrder: 5,
};

const SLOT_COLUMNS: readonly Column<TargetEntry>[] = [
  { header: 'EXPECTED', value: ({ slots }) => String(slots?.expected ?? '-'), align: 'right' },
  { header: 'WRITTEN', value: ({ slots }) => String(slots?.written ?? '-'), align: 'right' },
  { header: 'LATE', value: ({ slots }) => String(slots?.late ?? '-'), align: 'right', dropOrder: 1 },
  { header: 'FAILED', value: ({ slots }) => String(slots?.failed ?? '-'), align: 'right' },
  {
    header: 'MISSING',
    value: ({ slots }) => String(slots?.missing ?? '-'),
    align: 'right',
    paint: ({ slots }, palette) => ((slots?.missing ?? 0) > 0 ? palette.bad : palette.dim),
  },
  { header: 'REFUSED', value: ({ counted }) => String(counted?.refused ?? '-'), align: 'right', dropOrder: 2 },
  { header: 'DROPPED', value: ({ counted }) => String(counted?.dropped ?? '-'), align: 'right', dropOrder: 3 },
];

function ageOf(instant: string | null, nowMs: number): string {
  return formatAge(instant === null ? undefined : Date.parse(instant), nowMs);
}

function readWindow(context: CommandContext, input: CommandInput): SlotWindow | undefined {
  const text = textOption(input, 'slots');
  if (text === undefined) {
    return undefined;
  }
  const nowMs = context.now();
  const fromMs = nowMs - parseDurationOption('--slots', text, SLOTS_BOUNDS);
  return { fromMs, untilMs: nowMs, nowMs, graceMs: GRACE_MS };
}

function readFilters(input: CommandInput): (entry: TargetEntry) => boolean {
  const healths = listOption(input, 'health').flatMap((list) => list.split(','));
  for (const health of healths) {
    if (!(HEALTHS as readonly string[]).includes(health)) {
      throw usageError(`--health "${health}": expected one of ${HEALTHS.join(', ')}`);
    }
  }
  const service = textOption(input, 'service');
  const owner = textOption(input, 'owner');
  return (entry) =>
    (healths.length === 0 || healths.includes(entry.health)) &&
    (service === undefined || entry.target.startsWith(`${service}/`)) &&
    (owner === undefined || entry.owners.includes(owner));
}

/** A typing mistake must not pass for a service or a collector without targets. */
function refuseUnknown(input: CommandInput, picture: ClusterPicture, members: readonly string[]): void {
  const service = textOption(input, 'service');
  if (service !== undefined && !picture.services.includes(service)) {
    throw new CliError('NotFound', `there is no service "${service}"; \`pulsekeeper services\` lists them`);
  }
  const owner = textOption(input, 'owner');
  if (owner !== undefined && !members.includes(owner) && !picture.collectors.has(owner)) {
    throw new CliError('NotFound', `no collector is registered as "${owner}"; \`pulsekeeper collectors\` lists them`);
  }
}
