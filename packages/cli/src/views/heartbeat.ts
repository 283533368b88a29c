import type { CollectorStatus } from '@pulsekeeper/store';

/** How the slots of a collector ended since it started. */
export interface HeartbeatSlots {
  readonly expected: number;
  readonly written: number;
  readonly failed: number;
  readonly late: number;
  readonly missed: number;
  readonly doubled: number;
  readonly dropped: number;
}

/** What a collector counts of one target's slots, since it has had it. */
export interface CountedSlots {
  /** Written, and begun more than a tenth of the interval after the slot. */
  readonly late: number;
  /** Passed without a scrape, of its own or of an owner that was gone. */
  readonly missed: number;
  /** Scraped, and refused by the store since the slot was there already. */
  readonly refused: number;
  /** Scraped, and given up before the store had taken them. */
  readonly dropped: number;
}

/** A collector publishes every second or two; a heartbeat older than this says that it has stopped. */
export const HEARTBEAT_PATIENCE_MS = 10_000;

/** What a collector says of itself every second or two; `undefined` where it did not say it. */
export interface Heartbeat {
  readonly id: string;
  readonly publishedAtMs: number;
  readonly ring: string | undefined;
  readonly targets: number | undefined;
  readonly samplesPerSecond: number | undefined;
  readonly lagMs: number | undefined;
  /** Its clock minus Redis's. */
  readonly clockSkewMs: number | undefined;
  readonly bufferedFrames: number | undefined;
  /** How it stands towards ZooKeeper: a session state's name. */
  readonly zookeeper: string | undefined;
  readonly statusUrl: string | undefined;
  readonly version: string | undefined;
  /** True once it has ended in order. */
  readonly isStopped: boolean;
  readonly slots: HeartbeatSlots;
  /** Targets with late, missed, refused or dropped slots; `isComplete` says that all others have none. */
  readonly irregular: { readonly targets: ReadonlyMap<string, CountedSlots>; readonly isComplete: boolean } | undefined;
  /** The slots of the last minutes, where it keeps such a window. */
  readonly recent: { readonly windowMs: number; readonly slots: HeartbeatSlots } | undefined;
}

/**
 * Reads a collector's heartbeat. What another version of the collector left out or wrote differently is not known
 * rather than wrong: the status page must work while a cluster is being upgraded.
 */
export function readHeartbeat(status: CollectorStatus): Heartbeat {
  const recent = recordOf(status['recent']);
  const windowMs = numberOf(recent['windowMs']);
  return {
    id: status.id,
    publishedAtMs: status.publishedAtMs,
    ring: textOf(status['ring']),
    targets: numberOf(status['targets']),
    samplesPerSecond: numberOf(status['samplesPerSecond']),
    lagMs: numberOf(status['lagMs']),
    clockSkewMs: numberOf(status['clockSkewMs']),
    bufferedFrames: numberOf(status['bufferedFrames']),
    zookeeper: textOf(status['zookeeper']),
    statusUrl: textOf(status['statusUrl']),
    version: textOf(status['version']),
    isStopped: status['state'] === 'stopped',
    slots: slotsOf(status['slots']),
    irregular: irregularOf(recordOf(status['irregular'])),
    recent: windowMs === undefined ? undefined : { windowMs, slots: slotsOf(recent['slots']) },
  };
}

/** Whether a heartbeat is of a collector that runs now, rather than what remains of one that left or died. */
export function isAlive({ isStopped, publishedAtMs }: Heartbeat, nowMs: number): boolean {
  return !isStopped && nowMs - publishedAtMs < HEARTBEAT_PATIENCE_MS;
}

/** The sum of the slots of several collectors. */
export function sumSlots(all: readonly HeartbeatSlots[]): HeartbeatSlots {
  const sum = { expected: 0, written: 0, failed: 0, late: 0, missed: 0, doubled: 0, dropped: 0 };
  for (const slots of all) {
    for (const name of Object.keys(sum) as (keyof HeartbeatSlots)[]) {
      sum[name] += slots[name];
    }
  }
  return sum;
}

function slotsOf(value: unknown): HeartbeatSlots {
  const record = recordOf(value);
  const count = (name: keyof HeartbeatSlots): number => numberOf(record[name]) ?? 0;
  return {
    expected: count('expected'),
    written: count('written'),
    failed: count('failed'),
    late: count('late'),
    missed: count('missed'),
    doubled: count('doubled'),
    dropped: count('dropped'),
  };
}

function irregularOf({ count, targets }: Readonly<Record<string, unknown>>): Heartbeat['irregular'] {
  if (numberOf(count) === undefined) {
    return undefined;
  }
  const counted = new Map(
    Object.entries(recordOf(targets)).map(([target, value]) => {
      const { late, missed, doubled, dropped } = slotsOf(value);
      return [target, { late, missed, refused: doubled, dropped }] as const;
    }),
  );
  return { targets: counted, isComplete: counted.size === count };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
