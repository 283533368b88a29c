import { phaseMs, type TargetId } from '@pulsekeeper/model';
import type { FrameReader, SlotOutcome } from '@pulsekeeper/store';

import { SlotAccountant, type Presence, type SlotFact, type SlotWindow } from '../views/slot-account.ts';
import type { AccountedTarget } from '../views/verification.ts';
import type { ClusterPicture, PicturedTarget } from './cluster-picture.ts';

/** The collectors hear of a registration a moment after it was made. */
const SETTLE_MS = 2000;

/** What {@link readRecords} reads. */
export interface RecordsInput {
  readonly ids: readonly TargetId[];
  readonly window: SlotWindow;
  readonly signal: AbortSignal;
  /** Called after each target. */
  readonly onRead?: (() => void) | undefined;
}

/** A target whose records were counted, and nothing but them. */
export interface OpenAccount {
  readonly target: TargetId;
  readonly accountant: SlotAccountant;
}

/** Counts the records of targets, many at a time; results in the order of the ids. */
export async function readRecords(
  reader: Pick<FrameReader, 'outcomes'>,
  { ids, window, signal, onRead }: RecordsInput,
): Promise<OpenAccount[]> {
  const accounts: OpenAccount[] = [];
  let accountant: SlotAccountant | undefined;
  // What is expected at the beginning of the window follows from the last record before it.
  const options = { signal, withBefore: true };
  for await (const { target, outcomes, isLast } of reader.outcomes(ids, window.fromMs, window.untilMs, options)) {
    accountant ??= new SlotAccountant(window);
    for (const outcome of outcomes) {
      accountant.add(toFact(outcome));
    }
    if (isLast) {
      accounts.push({ target, accountant });
      accountant = undefined;
      onRead?.();
    }
  }
  return accounts;
}

/** The targets whose account depends on their registration. */
export function unsettledTargets(accounts: readonly OpenAccount[]): TargetId[] {
  return accounts.flatMap(({ target, accountant }) => (accountant.isSettled ? [] : [target]));
}

/**
 * Finishes accounts by what the registry says. Registrations of settled targets need not have been read.
 *
 * @param picture - `undefined` while ZooKeeper is away
 */
export function finishAccounts(
  accounts: readonly OpenAccount[],
  picture: ClusterPicture | undefined,
): AccountedTarget[] {
  const registered = new Map((picture?.targets ?? []).map((target) => [target.id, target]));
  return accounts.map(({ target, accountant }) => ({
    target,
    account: accountant.finish(presenceOf(target, registered.get(target), picture !== undefined)),
    registered: picture === undefined ? null : picture.places.has(target),
  }));
}

function toFact({ slotMs, intervalMs, timestampMs, kind, up }: SlotOutcome): SlotFact {
  // Only a record that was begun too late carries another time than its slot's.
  return { slotMs, intervalMs, kind: kind === 'end' ? 'end' : 'frame', isUp: up, isLate: timestampMs > slotMs };
}

function presenceOf(id: TargetId, registered: PicturedTarget | undefined, isRegistryKnown: boolean): Presence {
  if (registered === undefined) {
    return isRegistryKnown ? { kind: 'gone' } : { kind: 'unknown' };
  }
  const { target, registeredAtMs } = registered;
  if (!target.ok) {
    // Nobody scrapes a registration that is wrong.
    return { kind: 'gone' };
  }
  const { intervalMs } = target.value.rule;
  const schedule = { intervalMs, phaseMs: phaseMs(id, intervalMs) };
  return { kind: 'registered', sinceMs: (registeredAtMs ?? Number.POSITIVE_INFINITY) + SETTLE_MS, schedule };
}
