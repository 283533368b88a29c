import type { CollectorStatus } from '@pulsekeeper/store';

import type { SlotCounts } from '../schedule/slot-counters.ts';
import type { IrregularTargets } from './irregular-targets.ts';

/** Where a collector is in its life. */
export type CollectorPhase = 'starting' | 'active' | 'draining' | 'stopped';

/**
 * What a collector says of itself: the heartbeat in Redis, and the page `/status`. Times are Unix ms.
 */
export interface CollectorReport extends CollectorStatus {
  readonly version: string;
  readonly statusUrl: string;
  readonly state: CollectorPhase;
  readonly startedAtMs: number;
  /** When rules that had changed were last applied; undefined while it goes by those that it started with. */
  readonly rulesAppliedAtMs: number | undefined;
  readonly activeFromMs: number;
  readonly drainAtMs: number | undefined;
  /** Version of the ring that it works by. */
  readonly ring: string | undefined;
  /** Collectors in that ring. */
  readonly members: number;
  /** Name of the state of its ZooKeeper session. */
  readonly zookeeper: string;
  readonly isLeaseHeld: boolean;
  /** Slots are looked up before they are scraped, since others may have taken over. */
  readonly isDemoted: boolean;
  /** Targets that it scrapes at this moment. */
  readonly targets: number;
  /** Targets that it backs up, will own, or owned until just now. */
  readonly otherTargets: number;
  readonly up: number;
  readonly down: number;
  readonly rejected: number;
  /** Znodes of the whole cluster that could not be taken as they are. */
  readonly registrationProblems: number;
  readonly samples: number;
  readonly samplesPerSecond: number;
  /** Longest delay from when something was due to when it was begun, in the last seconds. */
  readonly lagMs: number;
  /** How often the process was found to have stood still. */
  readonly stalls: number;
  /** Its clock minus that of Redis; undefined until measured. */
  readonly clockSkewMs: number | undefined;
  readonly store: string;
  readonly bufferedFrames: number;
  readonly bufferedBytes: number;
  readonly storeError: string | undefined;
  readonly residentBytes: number;
  readonly slots: SlotCounts;
  readonly recent: { readonly windowMs: number; readonly slots: SlotCounts };
  /** Targets with late, missed or doubled slots since it has had them. */
  readonly irregular: IrregularTargets;
  readonly failures: Readonly<Record<string, number>>;
}
