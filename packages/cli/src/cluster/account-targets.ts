import { phaseMs, type TargetId } from '@pulsekeeper/model';
import type { FrameReader } from '@pulsekeeper/store';

import type { Presence, SlotWindow } from '../views/slot-account.ts';
import type { AccountedTarget } from '../views/verification.ts';
import type { ClusterPicture, PicturedTarget } from './cluster-picture.ts';
import { mapBounded } from './map-bounded.ts';
import { readSlotAccount } from './read-slot-account.ts';

/** Targets read at a time; more only fills Redis's queue. */
const CONCURRENCY = 16;
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

/** Counts the slots of targets, several at a time; results in the order of the ids. */
export async function accountTargets(reader: FrameReader, input: AccountingInput): Promise<AccountedTarget[]> {
  const { ids, picture, window, signal, onCounted } = input;
  const registered = new Map((picture?.targets ?? []).map((target) => [target.id, target]));
  return mapBounded(ids, CONCURRENCY, async (target) => {
    const presence = presenceOf(target, registered.get(target), picture !== undefined);
    const account = await readSlotAccount(reader, target, window, presence, signal);
    onCounted?.();
    return { target, account, registered: picture === undefined ? null : registered.has(target) };
  });
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
