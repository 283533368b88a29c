import type { TargetId } from '@pulsekeeper/model';
import type { FrameReader, SlotRecord } from '@pulsekeeper/store';

import {
  SlotAccountant,
  type Presence,
  type SlotAccount,
  type SlotFact,
  type SlotWindow,
} from '../views/slot-account.ts';

/** The record before the window is looked for over this time, or so many intervals, before everything is read. */
const LOOK_BACK_MS = 600_000;
const LOOK_BACK_INTERVALS = 3;

/**
 * Reads the records of one target and counts its slots.
 *
 * What is expected at the beginning of the window follows from the last record before it. That is nearly always close;
 * where it is not (the target was missed for long), the rest of its stream is read for it.
 */
export async function readSlotAccount(
  reader: FrameReader,
  target: TargetId,
  window: SlotWindow,
  presence: Presence,
  signal: AbortSignal,
): Promise<SlotAccount> {
  const accountant = new SlotAccountant(window, presence);
  const scheduledMs = presence.kind === 'registered' ? (presence.schedule?.intervalMs ?? 0) : 0;
  const nearMs = Math.max(0, window.fromMs - Math.max(LOOK_BACK_MS, LOOK_BACK_INTERVALS * scheduledMs));
  /** The record before the window, when there was none near it and the first one inside leaves it open. */
  const farBefore = async (first: SlotFact | undefined): Promise<SlotFact | undefined> => {
    const isExplained = first !== undefined && first.slotMs <= window.fromMs + first.intervalMs;
    return isExplained ? undefined : lastBefore(reader, target, nearMs, signal);
  };
  let before: SlotFact | undefined;
  let hasEntered = false;
  for await (const record of reader.slots(target, nearMs, window.untilMs, { signal })) {
    const fact = toFact(record);
    if (fact.slotMs < window.fromMs) {
      before = fact;
      continue;
    }
    if (!hasEntered) {
      hasEntered = true;
      addIfAny(accountant, before ?? (await farBefore(fact)));
    }
    accountant.add(fact);
  }
  if (!hasEntered) {
    addIfAny(accountant, before ?? (await farBefore(undefined)));
  }
  return accountant.finish();
}

function addIfAny(accountant: SlotAccountant, fact: SlotFact | undefined): void {
  if (fact !== undefined) {
    accountant.add(fact);
  }
}

async function lastBefore(
  reader: FrameReader,
  target: TargetId,
  beforeMs: number,
  signal: AbortSignal,
): Promise<SlotFact | undefined> {
  let last: SlotFact | undefined;
  for await (const record of reader.slots(target, 0, beforeMs - 1, { signal })) {
    last = toFact(record);
  }
  return last;
}

function toFact({ slotMs, intervalMs, timestampMs, kind, up }: SlotRecord): SlotFact {
  // Only a record that was begun too late carries another time than its slot's.
  return { slotMs, intervalMs, kind: kind === 'end' ? 'end' : 'frame', isUp: up, isLate: timestampMs > slotMs };
}
