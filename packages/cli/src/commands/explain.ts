import {
  effectiveTarget,
  formatDuration,
  NO_CLUSTER_DEFAULTS,
  phaseMs,
  slotAfter,
  splitTargetId,
  type Parsed,
  type Target,
  type TargetId,
} from '@pulsekeeper/model';
import { readCluster, type ClusterSnapshot } from '@pulsekeeper/registry';
import type { SlotRecord } from '@pulsekeeper/store';

import { parseTargetArgument } from '../arguments/target-argument.ts';
import { attempt, type Attempt } from '../cluster/attempt.ts';
import { askCollectorForAttempts } from '../cluster/collector-attempts.ts';
import { pictureOf } from '../cluster/cluster-picture.ts';
import { assignmentAt } from '../cluster/ownership.ts';
import { withStore } from '../cluster/redis.ts';
import { withZooKeeper } from '../cluster/zookeeper.ts';
import type { CommandContext, CommandInput } from '../command.ts';
import { CliError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant } from '../output/format-age.ts';
import { membersAt } from '../views/members-at.ts';
import { passedOverFor, type PassedOver } from '../views/owner-reason.ts';
import { explainedRows, type RuleRow } from '../views/rule-rows.ts';
import type { SlotAttempts } from '../views/slot-attempts.ts';
import type { RegistrationKind } from '../views/target-list.ts';
import { printExplanation } from './explain-screen.ts';

/** The latest slots are looked for over so many intervals. */
const SLOTS_SHOWN = 5;
const LOOK_BACK_MS = 120_000;

/** `explain --json`. */
export interface Explanation {
  readonly target: TargetId;
  readonly url: string | null;
  /** Why nobody scrapes it; `null` when it is well registered. */
  readonly rejected: string | null;
  readonly registeredAt: string | null;
  /** Whose format it is registered in. */
  readonly registration: RegistrationKind;
  /** The znode that it is registered by. */
  readonly znode: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rule: readonly RuleRow[];
  readonly ring: {
    readonly version: string;
    readonly owners: readonly string[];
    readonly collectors: readonly string[];
    /** Why the first owner is one: who comes before it, clockwise from the target's hash, and is full. */
    readonly passedOver: readonly PassedOver[];
  };
  /** RFC 3339; the next slot, and where the slots fall: at `k × interval + phase` of Unix time. */
  readonly nextSlot: string | null;
  readonly phase: string | null;
  /** The latest slots in the store, newest first; `null` when Redis could not be asked. */
  readonly slots: readonly ExplainedSlot[] | null;
  /**
   * Of the latest slots that took more than one attempt or failed, as the owner remembers them, newest first; `null` when
   * its page could not be had.
   */
  readonly attempts: readonly SlotAttempts[] | null;
}

/** One slot as the store has it. */
export interface ExplainedSlot {
  readonly slot: string;
  readonly up: boolean;
  readonly kind: string;
  /** Seconds from the slot to the beginning of the scrape, where it was late. */
  readonly delaySeconds: number;
  /** How long the scrape took, retries included. */
  readonly durationSeconds: number;
  /** The first attempt and the retries. */
  readonly attempts: number;
  readonly error: string | null;
  readonly collector: string | null;
  readonly sizeBytes: number;
}

/** `pulsekeeper explain <target>`: its effective rule and where each field comes from, its owner, its slots. */
export async function runExplain(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const { output, settings, signal } = context;
  const id = parseTargetArgument(input.args[0] ?? '');
  const [snapshot, slots] = await Promise.all([
    withZooKeeper(settings, signal, (session) =>
      readCluster(session, { signal, select: (ids) => ids.filter((other) => other === id) }),
    ),
    attempt(() => readLatestSlots(context, id)),
  ]);
  const explanation = await withAttempts(context, snapshot, explain(context, snapshot, id, slots));
  if (!slots.ok) {
    output.note(`pulsekeeper: ${slots.error.message}`);
  }
  if (output.isJson) {
    output.printJson(explanation);
  } else {
    printExplanation(output, explanation);
  }
  return slots.ok ? ExitCode.Good : ExitCode.Unreachable;
}

function explain(
  context: CommandContext,
  snapshot: ClusterSnapshot,
  id: TargetId,
  slots: Attempt<readonly SlotRecord[]>,
): Omit<Explanation, 'attempts'> {
  const picture = pictureOf(snapshot);
  const registered = picture.targets.find((target) => target.id === id);
  if (registered === undefined) {
    throw new CliError('NotFound', `no target is registered as ${id}; \`pulsekeeper targets\` lists them`);
  }
  const nowMs = context.now();
  const target = withOrigins(snapshot, id, registered.target);
  const assignment = assignmentAt(picture, nowMs, context.settings);
  const intervalMs = target.ok ? target.value.rule.intervalMs : undefined;
  const phase = intervalMs === undefined ? undefined : phaseMs(id, intervalMs);
  const nextMs = intervalMs === undefined || phase === undefined ? undefined : slotAfter(nowMs, intervalMs, phase);
  return {
    target: id,
    url: target.ok ? target.value.url : null,
    rejected: target.ok ? null : target.reason,
    registeredAt: registered.registeredAtMs === undefined ? null : formatInstant(registered.registeredAtMs),
    registration: registered.place.source?.kind ?? 'own',
    znode: registered.place.path,
    labels: target.ok ? { ...target.value.labels } : {},
    rule: target.ok ? explainedRows(target.value) : [],
    ring: {
      version: assignment.version,
      owners: assignment.ownersOf(id),
      collectors: assignment.members,
      passedOver: passedOverFor(id, membersAt(picture.collectors.values(), nowMs), assignment),
    },
    nextSlot: nextMs === undefined ? null : formatInstant(nextMs),
    phase: phase === undefined ? null : formatDuration(phase),
    slots: slots.ok ? slots.value.map(toExplainedSlot) : null,
  };
}

/** Adds what only the collector knows that scrapes the target. */
async function withAttempts(
  { signal }: CommandContext,
  snapshot: ClusterSnapshot,
  explanation: Omit<Explanation, 'attempts'>,
): Promise<Explanation> {
  const owner = snapshot.collectors.get(explanation.ring.owners[0] ?? '')?.parsed;
  const attempts =
    owner?.ok === true ? await askCollectorForAttempts(owner.value.statusUrl, explanation.target, signal) : undefined;
  return { ...explanation, attempts: attempts ?? null };
}

/** Works the effective rule out once more, this time with where everything comes from. */
function withOrigins(snapshot: ClusterSnapshot, id: TargetId, target: Parsed<Target>): Parsed<Target> {
  const { service, instance } = splitTargetId(id);
  const found = snapshot.services.get(service);
  const record = found?.instances.get(instance)?.parsed;
  if (!target.ok || record?.ok !== true) {
    return target;
  }
  const defaults = snapshot.defaults.parsed.ok ? snapshot.defaults.parsed.value : NO_CLUSTER_DEFAULTS;
  const rule = found?.rule.parsed.ok === true ? found.rule.parsed.value : {};
  return effectiveTarget({ id, defaults, service: rule, instance: record.value }, { withOrigins: true });
}

async function readLatestSlots({ settings, signal, now }: CommandContext, id: TargetId): Promise<SlotRecord[]> {
  return withStore(settings, signal, async ({ reader }) => {
    const last = (await reader.lastReports([id], { signal })).get(id);
    if (last === undefined) {
      return [];
    }
    const fromMs = last.slotMs - Math.max(LOOK_BACK_MS, last.intervalMs * SLOTS_SHOWN);
    const records: SlotRecord[] = [];
    for await (const record of reader.slots(id, Math.max(0, fromMs), now(), { signal })) {
      records.push(record);
    }
    return records.slice(-SLOTS_SHOWN).reverse();
  });
}

function toExplainedSlot(record: SlotRecord): ExplainedSlot {
  const { slotMs, timestampMs, up, kind, failure, durationSeconds, attempts, collector, sizeBytes } = record;
  return {
    slot: formatInstant(slotMs),
    up,
    kind,
    delaySeconds: (timestampMs - slotMs) / 1000,
    durationSeconds,
    attempts,
    error: failure === undefined ? null : `${failure.reason}: ${failure.message}`,
    collector: collector ?? null,
    sizeBytes,
  };
}
