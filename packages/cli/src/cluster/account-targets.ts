import { phaseMs, type TargetId } from '@pulsekeeper/model';
import type { FrameReader, SlotOutcome } from '@pulsekeeper/store';

import { SlotAccountant, type Presence, type SlotFact, type SlotWindow } from '../views/slot-account.ts';
import type { AccountedTarget } from '../views/verification.ts';
import type { ClusterPicture, PicturedTarget } from './cluster-picture.ts';

/** The collectors hear of a registration a moment after it was made. */
const SETTLE_MS = 2000;

/** What {@link accountTargets} counts. */
export interface AccountingInput {
  readonly ids: readonly TargetId[];
  /** `undefined` while ZooKeeper is away. */
  readonly picture: ClusterPicture | undefined;
  readonly window: SlotWindow;
  readonly signal: AbortSignal;
  /** Called after each target. */
  readonly onCounted?: (() => void) | undefined;
}

/** Counts the slots of targets, many at a time; results in the order of the ids. */
export async function accountTargets(
  reader: Pick<FrameReader, 'outcomes'>,
  input: AccountingInput,
): Promise<AccountedTarget[]> {
  const { ids, picture, window, signal, onCounted } = input;
  const registered = new Map((picture?.targets ?? []).map((target) => [target.id, target]));
  const accounted: AccountedTarget[] = [];
  let accountant: SlotAccountant | undefined;
  // What is expected at the beginning of the window follows from the last record before it.
  const options = { signal, withBefore: true };
  for await (const { target, outcomes, isLast } of reader.outcomes(ids, window.fromMs, window.untilMs, options)) {
    accountant ??= new SlotAccountant(window, presenceOf(target, registered.get(target), picture !== undefined));
    for (const outcome of outcomes) {
      accountant.add(toFact(outcome));
    }
    if (isLast) {
      const isRegistered = picture === undefined ? null : registered.has(target);
      accounted.push({ target, account: accountant.finish(), registered: isRegistered });
      accountant = undefined;
      onCounted?.();
    }
  }
  return accounted;
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
