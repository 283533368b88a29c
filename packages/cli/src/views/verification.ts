import { formatDuration, type TargetId } from '@pulsekeeper/model';

import { formatInstant } from '../output/format-age.ts';
import type { SlotAccount } from './slot-account.ts';

/** `verify --json`: the slots of all targets over a time. */
export interface Verification {
  /** Slots that should be in the store; `written + missing`. */
  readonly expected: number;
  /** Slots with a record, of samples or of a failed scrape. */
  readonly written: number;
  /** Those of `written` that record a failed scrape (`up 0`). */
  readonly failed: number;
  readonly missing: number;
  /** Records beyond the first of a slot; the store refuses them, so any is a defect. */
  readonly doubled: number;
  readonly targets: readonly TargetVerification[];
  /** RFC 3339; the slots that were judged, the end exclusive. */
  readonly from: string;
  readonly until: string;
}

/** The slots of one target. */
export interface TargetVerification {
  readonly target: TargetId;
  readonly expected: number;
  readonly written: number;
  readonly failed: number;
  readonly missing: number;
  readonly doubled: number;
  /** A Prometheus duration; `null` when neither a record nor a registration tells it. */
  readonly interval: string | null;
  /** Whether it is registered now; `null` when ZooKeeper could not be asked. */
  readonly registered: boolean | null;
  /** The runs of missing slots, oldest first, at most 100; both ends are slots and inclusive. */
  readonly missingSlots: readonly { readonly first: string; readonly last: string; readonly count: number }[];
}

/** The account of one target with what the registry says of it. */
export interface AccountedTarget {
  readonly target: TargetId;
  readonly account: SlotAccount;
  readonly registered: boolean | null;
}

/** Adds the targets up; those with missing or doubled slots first, then by name. */
export function toVerification(
  accounted: readonly AccountedTarget[],
  window: { readonly fromMs: number; readonly untilMs: number },
): Verification {
  const targets = accounted.map(toTargetVerification).sort(byDefects);
  const sum = (name: 'expected' | 'written' | 'failed' | 'missing' | 'doubled'): number =>
    targets.reduce((total, target) => total + target[name], 0);
  return {
    expected: sum('expected'),
    written: sum('written'),
    failed: sum('failed'),
    missing: sum('missing'),
    doubled: sum('doubled'),
    targets,
    from: formatInstant(window.fromMs),
    until: formatInstant(window.untilMs),
  };
}

function toTargetVerification({ target, account, registered }: AccountedTarget): TargetVerification {
  const { expected, written, failed, missing, doubled, intervalMs, missingRuns } = account;
  return {
    target,
    expected,
    written,
    failed,
    missing,
    doubled,
    interval: intervalMs === undefined ? null : formatDuration(intervalMs),
    registered,
    missingSlots: missingRuns.map(({ firstSlotMs, lastSlotMs, count }) => ({
      first: formatInstant(firstSlotMs),
      last: formatInstant(lastSlotMs),
      count,
    })),
  };
}

function byDefects(a: TargetVerification, b: TargetVerification): number {
  return b.missing + b.doubled - (a.missing + a.doubled) || (a.target < b.target ? -1 : a.target > b.target ? 1 : 0);
}
